import type { AnsweredHook } from '../effects/answers.ts';
import type { Metrics } from './metrics.ts';

/** Counts what one hook answer says about its ElastiService. */
export function countAnswer(
  metrics: Metrics,
  { hook, elastiService, status, seconds, isFinalized }: AnsweredHook,
): void {
  metrics.hookTimed(hook, seconds);
  metrics.reconciled(elastiService, { hook, service: elastiService.spec.service, seconds, code: 'success' });
  if (isFinalized) {
    metrics.finalized(elastiService, 'success');
    metrics.forget(elastiService);
    return;
  }
  const mode = status.mode ?? 'serve';
  metrics.modeIs(elastiService, mode);
  if (status.phase) metrics.phaseIs(elastiService, status.phase);
  const isChanged = status.lastReconciledTime !== elastiService.status?.lastReconciledTime;
  if (isChanged) metrics.statusChanged(elastiService, mode, 'success');
}
