import type { ElastiServiceStatus } from '../api/elastiservice.ts';
import { finishStatus } from './status.ts';
import type { Facts, Outcome, ScalePatch } from './types.ts';

/** Refusals that last until somebody changes something; others are over by the next try. */
const LASTING = new Set(['AutoscalerMissing', 'KedaPausedByOther', 'KedaScalesToZero', 'TargetShared']);

/** Which condition tells of an outcome, if any. */
function conditionOf({ kind }: ScalePatch, outcome: Outcome): 'Ready' | 'SleepAllowed' | undefined {
  if (outcome.kind === 'done' || outcome.reason === 'RateLimited') return undefined;
  if (kind === 'wake') return 'Ready';
  return LASTING.has(outcome.reason) ? 'SleepAllowed' : undefined;
}

/**
 * The status with what came of the scale patches: a wake that failed is told by Ready, so that a condition names who
 * prevents it, and a sleep that was refused for good by SleepAllowed.
 */
export function withOutcomes(
  status: ElastiServiceStatus,
  carriedOut: readonly { readonly patch: ScalePatch; readonly outcome: Outcome }[],
  { facts, now }: { readonly facts: Facts; readonly now: Date },
): ElastiServiceStatus {
  const last = facts.elastiService.status ?? {};
  let conditions = status.conditions ?? [];
  for (const { patch, outcome } of carriedOut) {
    const type = conditionOf(patch, outcome);
    if (type === undefined || outcome.kind === 'done') continue;
    const { reason, message } = outcome;
    const before = last.conditions?.find((condition) => condition.type === type);
    const lastTransitionTime = before?.status === 'False' ? before.lastTransitionTime : now.toISOString();
    conditions = conditions.map((condition) =>
      condition.type === type ? { ...condition, status: 'False', reason, message, lastTransitionTime } : condition,
    );
  }
  return finishStatus({ last, now, facts }, { ...status, conditions });
}
