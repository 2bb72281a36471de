import type { ElastiServiceStatus } from '../api/elastiservice.ts';
import type { Decision } from './phase.ts';
import type { EventIntent } from './types.ts';
import type { View } from './view.ts';

/** The Events of a transition; none where the phase stays as it was. */
export function makeEvents(view: View, decision: Decision, status: ElastiServiceStatus): readonly EventIntent[] {
  const { last } = view;
  const { phase, reason, message } = decision;
  if (decision.raisedFor === 'ResolverGone' && last.wokenBy !== 'ResolverGone')
    return [{ type: 'Warning', reason, message }];
  if (reason === 'ObserveOnly' && !last.conditions?.some((condition) => condition.reason === reason))
    return [{ type: 'Normal', reason: 'WouldSleep', message }];
  if (phase === last.phase) return [];
  // Nobody needs to hear that a new ElastiService serves.
  if (last.phase === undefined && phase !== 'Blocked') return [];
  // Nor may we write an Event there.
  if (reason === 'NotWatched') return [];
  switch (phase) {
    case 'Blocked':
    case 'Holding':
      return [{ type: 'Warning', reason: phase === 'Blocked' ? reason : 'Holding', message }];
    case 'Draining':
      return [{ type: 'Normal', reason: 'Draining', message }];
    case 'Asleep':
      return [{ type: 'Normal', reason: 'FellAsleep', message }];
    case 'Waking':
      return [{ type: 'Normal', reason: 'Waking', message: `${message}; woken by: ${status.wokenBy ?? 'Other'}` }];
    case 'Serving':
      return last.phase === 'Draining'
        ? [{ type: 'Normal', reason: 'DrainCancelled', message: `${reason}: ${message}` }]
        : [{ type: 'Normal', reason: 'Serving', message: 'traffic goes straight to the pods again' }];
    default:
      return phase satisfies never;
  }
}
