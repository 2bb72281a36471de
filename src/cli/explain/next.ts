import type { Condition } from '../../api/elastiservice.ts';
import { cooldownEndMs } from '../../core/decide-sleep.ts';
import { enabledPeriodAt } from '../../core/enabled-period.ts';
import type { ElastiService, Settings } from '../../core/types.ts';
import { pendingWake } from '../../core/wake-token.ts';
import { willOf } from '../../core/will.ts';
import { formatSeconds } from '../words.ts';

/** What an ElastiService does next, as the rest of a sentence about it, and when where that is known. */
export interface Next {
  readonly what: string;
  readonly at: string | undefined;
}

interface Now {
  readonly settings: Settings;
  readonly now: Date;
}

const next = (what: string, atMs?: number): Next => ({
  what,
  at: atMs === undefined || !Number.isFinite(atMs) ? undefined : new Date(atMs).toISOString(),
});

/** The condition of a type, if it is there. */
export const conditionOf = ({ status }: Pick<ElastiService, 'status'>, type: string): Condition | undefined =>
  status?.conditions?.find((condition) => condition.type === type);

/** What comes next for an ElastiService, as its status stands. */
export function nextOf(elastiService: ElastiService, { settings, now }: Now): Next {
  const { status, generation, spec } = elastiService;
  if (elastiService.deletedAt !== undefined) return next('goes once its target is restored');
  if (status?.phase === undefined) return next('waits for its first sync');
  if (status.observedGeneration !== generation) return next('waits for a sync with its new spec');
  if (pendingWake(elastiService) !== undefined) return next('waits until its wake is served');
  switch (status.phase) {
    case 'Serving':
      return whileServing(elastiService, { settings, now });
    case 'Draining': {
      const drainMs = (settings.drainSeconds + settings.clockSkewSeconds) * 1000;
      const sinceMs = Date.parse(status.redirectedSince ?? '');
      return next('goes to 0 replicas unless a request comes', Number.isNaN(sinceMs) ? undefined : sinceMs + drainMs);
    }
    case 'Asleep': {
      const period = enabledPeriodAt(spec.enabledPeriod, now);
      const untilMs = 'until' in period && status.sleptBy === 'elasti' ? period.until?.getTime() : undefined;
      return next(
        untilMs === undefined ? 'wakes with a request or an active trigger' : 'is woken as its enabled period ends',
        untilMs,
      );
    }
    case 'Waking':
    case 'Holding': {
      if (status.readySince === undefined) return next('waits for a pod that is ready');
      const settle = Math.max(status.settleSeconds ?? 0, settings.settleSeconds) + settings.clockSkewSeconds;
      return next('serves straight from its pods', Date.parse(status.readySince) + settle * 1000);
    }
    case 'Blocked':
      return next(`stays so until ${conditionOf(elastiService, 'Ready')?.reason ?? 'what blocks it'} is mended`);
    default:
      return status.phase satisfies never;
  }
}

function whileServing(elastiService: ElastiService, { settings, now }: Now): Next {
  const { status: last = {}, spec } = elastiService;
  const allowed = conditionOf(elastiService, 'SleepAllowed');
  if (allowed?.status === 'False') return next(`stays up until ${allowed.reason} is mended`);
  const reason = conditionOf(elastiService, 'Ready')?.reason;
  const will = willOf(elastiService, now);
  switch (reason) {
    case 'InCooldown': {
      const view = { facts: { elastiService }, last, idleSince: last.idleSince, settings, isReady: true, will, now };
      return next('sleeps if idle until then', cooldownEndMs(view));
    }
    case 'OutsideEnabledPeriod': {
      const period = enabledPeriodAt(spec.enabledPeriod, now);
      return next('may sleep again', 'until' in period ? period.until?.getTime() : undefined);
    }
    case 'KeptAwake':
      return next('may sleep again', will.kind === 'keptAwake' ? will.until.getTime() : undefined);
    case 'TriggerActive':
      return next(`waits for idle triggers, then ${formatSeconds(spec.cooldownPeriod)}`);
    case 'TriggersUnknown':
    case 'TriggersPending':
      return next('waits for triggers that can be read');
    case 'ConnectionsOpen':
      return next('waits for the last connection to close');
    default:
      return next(`is looked at every ${formatSeconds(settings.pollSeconds)}`);
  }
}
