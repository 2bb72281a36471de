import type { Condition } from '../api/elastiservice.ts';

export interface Claim {
  readonly type: 'Ready' | 'Asleep' | 'SleepAllowed' | 'Autoscaler' | 'ResolverPorts' | 'ProbeResponse';
  readonly status: Condition['status'];
  readonly reason: string;
  readonly message: string;
}

/** type, status, reason, message, lastTransitionTime and observedGeneration: a condition as we make it. */
const FIELDS = 6;

/** Where conditions come from: those before, and when and from which spec they are judged. */
interface Origin {
  readonly previous: readonly Condition[] | undefined;
  readonly now: Date;
  readonly generation: number;
}

/** Turns claims into conditions; lastTransitionTime moves only when a status changes. */
export function makeConditions(claims: readonly Claim[], from: Origin): Condition[] {
  return claims.map((claim) => {
    const before = from.previous?.find((condition) => condition.type === claim.type);
    if (before !== undefined && isAsBefore(before, claim, from.generation)) return before;
    return {
      ...claim,
      lastTransitionTime: before?.status === claim.status ? before.lastTransitionTime : from.now.toISOString(),
      observedGeneration: from.generation,
    };
  });
}

// A steady state compares the condition with itself, which costs nothing.
const isAsBefore = (before: Condition, { status, reason, message }: Claim, generation: number): boolean =>
  before.status === status &&
  before.reason === reason &&
  before.message === message &&
  before.observedGeneration === generation &&
  Object.keys(before).length === FIELDS;

/** The conditions before with another Ready, for when nothing else could be judged. */
export function withReady(ready: Omit<Claim, 'type'>, from: Origin): Condition[] {
  const others = (from.previous ?? []).filter((condition) => condition.type !== 'Ready');
  return [...makeConditions([{ type: 'Ready', ...ready }], from), ...others];
}
