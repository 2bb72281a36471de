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
    service: elastiService.spec.service,
    seconds,
    code: 'success',
    ...gauges,
  });
  if (isFinalized) {
    metrics.finalized(elastiService, 'success');
    metrics.forget(elastiService);
    return;
  }
  const isChanged = status.lastReconciledTime !== elastiService.status?.lastReconciledTime;
  if (isChanged) metrics.statusChanged(elastiService, mode, 'success');
}
