import type { Condition, ElastiServiceStatus, Phase } from '../api/elastiservice.ts';
import { type Claim, makeConditions } from './conditions.ts';
import { foreignRaises } from './contest.ts';
import { isSleptByUs } from './decide-raise.ts';
import type { Decision } from './phase.ts';
import { probeResponseClaim } from './probe-rules.ts';
import { isSame } from './resources/same.ts';
import { secondsSince } from './time.ts';
import { isNamingOthers, type View } from './view.ts';

const MAX_SETTLE_SECONDS = 60;
const LATE_REASONS = new Set(['AutoscalerMissing', 'KedaPausedByOther', 'KedaScalesToZero', 'TargetShared']);

/** The status that follows from a decision. Times move only on transitions, so that a steady state writes nothing. */
export function makeStatus(view: View, decision: Decision): ElastiServiceStatus {
  const { facts, last, now, nowText, isSpecChanged } = view;
  const { phase } = decision;
  const isNewPhase = phase !== last.phase;
  const isServed = isWakeServed(view);
  const servedWake = servedToken(view, isServed);
  return finishStatus(view, {
    mode: decision.isRedirected && view.slices.length > 0 ? 'proxy' : 'serve',
    phase,
    phaseSince: isNewPhase ? nowText() : last.phaseSince,
    idleSince: decision.wasActive ? nowText() : view.idleSince,
    unknownSince: view.unknownSince,
    ...decideRedirection(view, phase),
    // Pods that are on their way out prove nothing for those that come after the sleep.
    readySince: phase === 'Asleep' ? undefined : view.readySince,
    drainedAt: view.wasDraining && phase !== 'Draining' ? nowText() : last.drainedAt,
    resolverGoneSince:
      view.isResolverThere === false && decision.isRedirected ? (last.resolverGoneSince ?? nowText()) : undefined,
    servedWake,
    sleptBy: decideSleptBy(view, phase),
    wokenBy: decideWokenBy(view, decision),
    settleSeconds: decideSettle(view, phase),
    foreignRaises: decideForeignRaises(view),
    resolverPorts: resolverPortsOf(view),
    lastScaledUpTime: isServed || isScaledUp(last.phase, phase) ? nowText() : last.lastScaledUpTime,
    conditions: makeConditions(claimsOf(view, decision, isSpecChanged), {
      previous: last.conditions,
      now,
      generation: facts.elastiService.generation,
    }),
  });
}

/** Drops what is undefined, and moves lastReconciledTime only where anything else changed: a ticking one would be a write per sync. */
export function finishStatus(
  { last, now, facts }: Pick<View, 'last' | 'now' | 'facts'>,
  status: Readonly<Record<string, unknown>>,
): ElastiServiceStatus {
  const after: Record<string, unknown> = {};
  for (const key in status) if (status[key] !== undefined) after[key] = status[key];
  const { generation } = facts.elastiService;
  after.observedGeneration = generation;
  after.lastReconciledTime = last.lastReconciledTime;
  const before = last.observedGeneration === generation ? last : { ...last, observedGeneration: generation };
  const isSteady = last.lastReconciledTime !== undefined && isSame(before, after);
  if (!isSteady) after.lastReconciledTime = now.toISOString();
  return after as ElastiServiceStatus;
}

function decideRedirection(view: View, phase: Phase): Pick<ElastiServiceStatus, 'redirectedSince' | 'redirectionHash'> {
  const { last, redirectedSince, redirectionHash, nowText } = view;
  const isThere = redirectedSince !== undefined;
  // Asleep nothing counts from it any more: a resolver that comes or goes is no reason for two more writes.
  const isAsleepStill = phase === 'Asleep' && last.phase === phase && last.redirectedSince !== undefined;
  if (isAsleepStill && (isThere || isNamingOthers(view))) {
    return { redirectedSince: last.redirectedSince, redirectionHash: last.redirectionHash };
  }
  if (!isThere) return {};
  // A drain counts from its own beginning at the earliest, even where slices still stood from before.
  const isDrainNew = phase === 'Draining' && last.phase !== phase;
  return { redirectedSince: isDrainNew ? nowText() : redirectedSince, redirectionHash };
}

// A wake is served once replicas are seen above 0 and no zero step can undo that any more.
function isWakeServed(view: View): boolean {
  if (view.wake === undefined || view.isZeroStepPossible) return false;
  return view.replicas !== undefined && view.replicas > 0;
}

function servedToken({ facts, last, wake }: View, isServed: boolean): string | undefined {
  if (isServed) return wake;
  // A token that counts as served although no status says so is written down, so that it stays served.
  const { status, wakeToken } = facts.elastiService;
  return status === undefined && wake === undefined ? wakeToken : last.servedWake;
}

const isUp = (phase: Phase | undefined) => phase === 'Serving' || phase === 'Waking' || phase === 'Holding';

/** Up after having been at 0, or settled after that. */
function isScaledUp(before: Phase | undefined, phase: Phase): boolean {
  return (before === 'Asleep' && isUp(phase)) || (before === 'Waking' && phase === 'Serving');
}

// Set before the zero can be written, so that a crash right after it leaves no zero without an owner.
function decideSleptBy(view: View, phase: Phase): 'elasti' | undefined {
  if (phase === 'Draining') return 'elasti';
  const isMaybeZero = phase === 'Asleep' || (phase === 'Blocked' && !((view.replicas ?? 0) > 0));
  if (isMaybeZero) return isSleptByUs(view) ? 'elasti' : undefined;
  return view.isZeroStepPossible ? view.last.sleptBy : undefined;
}

/**
 * Whether somebody else raised what we put to sleep. An ElastiService that shares the target, or a wake whose token
 * has not reached us yet, is not somebody else; `whoever` asks before that is known.
 */
export function isForeignRaise(view: View, options: { readonly whoever?: boolean } = {}): boolean {
  const { last, wake, context, replicas } = view;
  const isRaised = last.phase === 'Asleep' && (replicas ?? 0) > 0;
  if (!isRaised || wake !== undefined || last.wokenBy !== undefined || last.sleptBy !== 'elasti') return false;
  if (options.whoever) return true;
  return context.sharers.kind === 'found' && context.sharers.sharers.length === 0;
}

function decideWokenBy(view: View, decision: Decision): string | undefined {
  const { last, wake } = view;
  if (decision.raisedFor !== undefined) return decision.raisedFor;
  if (decision.phase === 'Draining' || (decision.phase === 'Asleep' && last.phase !== 'Asleep')) return undefined;
  if (wake !== undefined && isUp(decision.phase)) return 'Wake';
  if (last.phase === 'Asleep' && isUp(decision.phase)) return last.wokenBy ?? 'Other';
  return last.wokenBy;
}

function decideForeignRaises(view: View): readonly string[] | undefined {
  const { last, wake, now } = view;
  const raises = foreignRaises(view);
  const isTakenBack = wake !== undefined && last.phase === 'Waking' && last.wokenBy === 'Other';
  const kept = isTakenBack ? raises.filter((raise) => raise !== last.phaseSince) : raises;
  const all = isForeignRaise(view) ? [...kept, now.toISOString()] : kept;
  return all.length > 0 ? all : undefined;
}

// A target that falls back to Holding soon after it was taken for settled must hold out longer the next time.
function decideSettle({ last, settings, now }: View, phase: Phase): number | undefined {
  if (last.phase !== 'Serving' || phase !== 'Holding') return last.settleSeconds;
  const current = last.settleSeconds ?? settings.settleSeconds;
  if (secondsSince(last.phaseSince, now) > Math.max(60, 10 * current)) return undefined;
  return Math.min(MAX_SETTLE_SECONDS, 2 * Math.max(current, 1));
}

function claimsOf(view: View, decision: Decision, isSpecChanged: boolean): readonly Claim[] {
  const { reason, message, phase } = decision;
  const isAsleep = phase === 'Asleep';
  const claims: Claim[] = [
    readyClaim(view, decision),
    { type: 'Asleep', status: isAsleep ? 'True' : 'False', reason: isAsleep ? reason : phase, message },
    sleepAllowedClaim(view, decision, isSpecChanged),
  ];
  const { autoscaler } = view.facts.elastiService.spec;
  if (autoscaler?.type === 'hpa') {
    const sentence = 'a HorizontalPodAutoscaler rests while replicas are 0; nothing needs to be done';
    claims.push({ type: 'Autoscaler', status: 'True', reason: 'HpaRestsAtZero', message: sentence });
  }
  if (autoscaler?.type === 'keda') {
    const sentence = `ScaledObject ${autoscaler.name} is paused by us while the target sleeps`;
    claims.push({ type: 'Autoscaler', status: 'True', reason: 'KedaPausedWhileAsleep', message: sentence });
  }
  if (view.settings.resolver.routing === 'port' && view.isClaimable) claims.push(resolverPortsClaim(view));
  const probeResponse = probeResponseClaim(view);
  if (probeResponse !== undefined) claims.push(probeResponse);
  return claims;
}

function resolverPortsOf({ context, settings, last }: View): ElastiServiceStatus['resolverPorts'] {
  if (settings.resolver.routing === 'host') return undefined;
  return context.resolverPorts.kind === 'found' ? [...context.resolverPorts.ports] : last.resolverPorts;
}

function resolverPortsClaim({ resolverTrouble }: View): Claim {
  if (resolverTrouble === undefined) {
    const message = 'every port of the Service has a port of the resolver';
    return { type: 'ResolverPorts', status: 'True', reason: 'Claimed', message };
  }
  const { reason, message, isLasting } = resolverTrouble;
  return { type: 'ResolverPorts', status: isLasting ? 'False' : 'Unknown', reason, message };
}

function readyClaim(
  { isResolverThere, resolverTrouble }: View,
  { phase, reason, message, isRedirected, raisedFor }: Decision,
): Claim {
  if (phase === 'Blocked') return { type: 'Ready', status: 'False', reason, message };
  if (isRedirected && phase !== 'Serving' && phase !== 'Draining' && isResolverThere === false) {
    return {
      type: 'Ready',
      status: 'False',
      reason: resolverTrouble?.reason ?? 'ResolverNotReady',
      message: `${resolverTrouble?.message ?? 'no resolver is ready to hold requests'}; ${message}`,
    };
  }
  const isHeldUp = phase === 'Holding' && raisedFor === undefined;
  return { type: 'Ready', status: isHeldUp ? 'False' : 'True', reason, message };
}

function sleepAllowedClaim({ last }: View, { phase, reason, message, sleep }: Decision, isSpecChanged: boolean): Claim {
  if (phase === 'Blocked') return { type: 'SleepAllowed', status: 'False', reason, message };
  if (sleep?.kind === 'prevented') {
    return { type: 'SleepAllowed', status: 'False', reason: sleep.reason, message: sleep.message };
  }
  const before: Condition | undefined = last.conditions?.find((condition) => condition.type === 'SleepAllowed');
  // Autoscaler and sharers are only looked at when nothing else keeps it awake; until then they are as they were.
  if (sleep?.kind !== 'sleep' && before !== undefined && LATE_REASONS.has(before.reason) && !isSpecChanged) {
    return { type: 'SleepAllowed', status: before.status, reason: before.reason, message: before.message };
  }
  return {
    type: 'SleepAllowed',
    status: 'True',
    reason: 'NothingPreventsIt',
    message: 'it sleeps when idle for the cooldown',
  };
}
