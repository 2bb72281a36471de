import { targetOf } from '../core/observe.ts';
import type { AnsweredHook } from '../effects/answers.ts';
import type { Metrics } from './metrics.ts';

/** Counts what one hook answer says about its ElastiService. */
export function countAnswer(
  metrics: Metrics,
  { hook, elastiService, status, seconds, isFinalized }: AnsweredHook,
): void {
  metrics.hookTimed(hook, seconds);
  const mode = status.mode ?? 'serve';
  const { phase } = status;
  const gauges = isFinalized ? {} : { mode, phase };
  metrics.reconciled(elastiService, {
    hook,
    scaled: { service: elastiService.spec.service, target: targetOf(elastiService) },
    seconds,
    code: 'success',
    ...gauges,
  });
  if (isFinalized) {
    metrics.finalized(elastiService, 'success');
    metrics.forget(elastiService);
    return;
  }
  const before = elastiService.status;
  if (before?.phase === 'Asleep' && phase !== 'Asleep' && before.phaseSince && status.phaseSince) {
    const seconds = (Date.parse(status.phaseSince) - Date.parse(before.phaseSince)) / 1000;
    // A clock that is behind counts nothing, and never down.
    metrics.slept(Math.max(0, seconds) * elastiService.spec.minTargetReplicas);
  }
  const isChanged = status.lastReconciledTime !== elastiService.status?.lastReconciledTime;
  if (isChanged) metrics.statusChanged(elastiService, mode, 'success');
}
