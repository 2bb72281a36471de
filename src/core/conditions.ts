import type { Condition } from '../api/elastiservice.ts';

export interface Claim {
  readonly type: 'Ready' | 'Asleep' | 'SleepAllowed' | 'Autoscaler';
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** Turns claims into conditions; lastTransitionTime moves only when a status changes. */
export function makeConditions(
  claims: readonly Claim[],
  from: { readonly previous: readonly Condition[] | undefined; readonly now: Date; readonly generation: number },
): Condition[] {
  return claims.map((claim) => {
    const before = from.previous?.find((condition) => condition.type === claim.type);
    return {
      ...claim,
      lastTransitionTime: before?.status === claim.status ? before.lastTransitionTime : from.now.toISOString(),
      observedGeneration: from.generation,
    };
  });
}
