import type { ElastiServiceStatus } from '../api/elastiservice.ts';
import type { Child } from '../api/hooks.ts';
import { decideBlocked, familiesWithoutResolver, isResolverReady, type Refusal } from './blocked.ts';
import { type Demand, decideDemand } from './demand.ts';
import { type EnabledPeriodState, enabledPeriodAt } from './enabled-period.ts';
import { decideRedirect, isEveryPortRedirected, type ResolverTrouble } from './redirect.ts';
import { redirectionHash } from './redirection-hash.ts';
import { latestMs, secondsSince } from './time.ts';
import type { Context, Facts, Settings } from './types.ts';
import { pendingWake } from './wake-token.ts';
import { type Will, willOf } from './will.ts';

/** Facts and context of one call. */
export interface Observation {
  readonly facts: Facts;
  readonly context: Context;
}

/**
 * An observation with all that follows from it before any decision: what is desired, and since when things hold. Of the
 * resolver its facts have only what slices may name.
 */
export interface View extends Observation {
  readonly settings: Settings;
  readonly now: Date;
  /** `now` as statuses have it: made only where a time moves. */
  nowText(): string;
  /** The last status; empty where there is none. */
  readonly last: ElastiServiceStatus;
  readonly isSpecChanged: boolean;
  readonly blocked: Refusal | undefined;
  /** Ports of the resolver can be claimed for it, where they are routed by. */
  readonly isClaimable: boolean;
  /** What keeps the slices from naming the ports of the resolver. */
  readonly resolverTrouble: ResolverTrouble | undefined;
  /** Whether a resolver holds connections of the Service while it is redirected; undefined: not known. */
  readonly isResolverThere: boolean | undefined;
  /** The token of a wake that waits to be served. */
  readonly wake: string | undefined;
  /** What a person wants, beside that. */
  readonly will: Will;
  readonly period: EnabledPeriodState;
  readonly demand: Demand;
  /** spec.replicas of the target; undefined: not known. */
  readonly replicas: number | undefined;
  readonly isReady: boolean;
  readonly privateService: Child | undefined;
  /** The slices that redirect the Service, as they should be. */
  readonly slices: readonly Child[];
  readonly idleSince: string | undefined;
  readonly unknownSince: string | undefined;
  readonly readySince: string | undefined;
  readonly redirectedSince: string | undefined;
  /** Of which slices that is the time. */
  readonly redirectionHash: string | undefined;
  /** A drain was on at the last sync, or may have been: slices of ours without a status say no more. */
  readonly wasDraining: boolean;
  /** A zero step of an earlier sync may still be under way somewhere. */
  readonly isZeroStepPossible: boolean;
}

/** A kind was missing from the request: what is observed is no ground for any change. */
export const isIncomplete = ({ publicService, readiness, resolver }: Facts): boolean =>
  publicService === 'unknown' || readiness === 'unknown' || resolver === undefined;

/** Derives the view of one observation. `before`: the view of the same call before more was read. */
export function viewOf({ facts: observed, context }: Observation, settings: Settings, before?: View): View {
  const { facts, trouble: found } = decideRedirect(observed, context, settings);
  // While we only observe there may be no private Service, and so nothing that ports could be claimed for.
  const isClaimable = !settings.isObserveOnly || observed.privateService !== undefined;
  const trouble = isClaimable ? found : undefined;
  const { elastiService } = facts;
  const { now } = context;
  const last = elastiService.status ?? {};
  const isSpecChanged = last.observedGeneration !== undefined && last.observedGeneration !== elastiService.generation;
  const blocked = decideBlocked(facts, settings, context.scale);
  const demand = decideDemand(context.readings);
  const { privateService, slices, standing } = facts.desired;
  const nowText = () => now.toISOString();
  const isReady = facts.readiness === 'ready';
  const isFromBefore = isFromBeforeSlices({ facts, last, now, settings });
  const wasDraining = last.phase === 'Draining' || isFromBefore;
  const isRedirected = standing === 'complete' && familiesWithoutResolver(facts).length === 0;
  const ofSlices = isRedirected ? (before?.redirectionHash ?? redirectionHash([...facts.slices.values()])) : undefined;
  return {
    facts,
    context,
    settings,
    now,
    nowText,
    last,
    isSpecChanged,
    blocked,
    isClaimable,
    resolverTrouble: trouble,
    // What cannot be pointed at the resolver, and is not yet, is held by nobody.
    isResolverThere: trouble?.keepsAwake && !isEveryPortRedirected(facts) ? false : isResolverReady(facts),
    wake: pendingWake(elastiService),
    will: willOf(elastiService, now),
    // By far the most expensive part where there is one, and it rests on nothing that is read.
    period: before?.period ?? enabledPeriodAt(elastiService.spec.enabledPeriod, now),
    demand,
    replicas: context.scale.kind === 'found' ? context.scale.replicas : undefined,
    isReady,
    privateService,
    slices,
    idleSince: trackIdle({ demand, last, isSpecChanged, now, nowText, pollSeconds: settings.pollSeconds }),
    unknownSince:
      demand.state === 'unknown' ? (last.unknownSince ?? nowText()) : keepIf(isOpen(demand), last.unknownSince),
    readySince: isReady
      ? ((isFromBefore ? undefined : last.readySince) ?? nowText())
      : keepIf(facts.readiness === 'unknown', last.readySince),
    redirectedSince: isRedirected ? (sinceOf(last, ofSlices) ?? nowText()) : undefined,
    redirectionHash: ofSlices,
    wasDraining,
    isZeroStepPossible: wasDraining || secondsSince(last.drainedAt, now) < 2 * settings.zeroDeadlineSeconds,
  };
}

// Slices of ours without a status say no more than that a drain may be on. So do slices that were made after all that the
// status tells of: it was restored from a backup. One that is only a moment behind, as a watch is, meets young slices,
// from which neither a zero step nor the end of the redirection can follow yet.
function isFromBeforeSlices(options: {
  readonly facts: Facts;
  readonly last: ElastiServiceStatus;
  readonly now: Date;
  readonly settings: Settings;
}): boolean {
  const { facts, last, now, settings } = options;
  if (facts.slices.size === 0) return false;
  if (last.phase === undefined) return true;
  const madeMs = lastMadeMs(facts);
  const isYoung = now.getTime() - madeMs < settings.settleSeconds * 1000;
  if (isYoung) return false;
  const toldMs = latestMs(last.phaseSince, last.drainedAt, last.redirectedSince, last.readySince);
  return toldMs < madeMs - settings.clockSkewSeconds * 1000;
}

// The status may be older than the slices beside it, or say once more what an older one said: its time is that of its own slices.
const sinceOf = (last: ElastiServiceStatus, ofSlices: string | undefined): string | undefined =>
  last.redirectionHash === ofSlices ? last.redirectedSince : undefined;

const lastMadeMs = ({ slices }: Facts): number =>
  Math.max(...[...slices.values()].map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? '')));

/** The slices are those that were last seen complete, but for the resolvers that they name. */
export const isNamingOthers = ({ facts, last }: View): boolean =>
  facts.desired.standing === 'namingOthers' &&
  familiesWithoutResolver(facts).length === 0 &&
  lastMadeMs(facts) <= Date.parse(last.redirectedSince ?? '');

const isOpen = ({ state }: Demand): boolean => state === 'pending' || state === 'unread';

const keepIf = (condition: boolean, value: string | undefined) => (condition ? value : undefined);

// idleSince only says when to ask for proof; it survives short blindness so that a restart does not cost a cooldown.
function trackIdle(options: {
  readonly demand: Demand;
  readonly last: ElastiServiceStatus;
  readonly isSpecChanged: boolean;
  readonly now: Date;
  nowText(): string;
  readonly pollSeconds: number;
}): string | undefined {
  const { demand, last, isSpecChanged, now, nowText, pollSeconds } = options;
  const since = isSpecChanged ? undefined : last.idleSince;
  switch (demand.state) {
    case 'active':
      return undefined;
    case 'idle':
      return since ?? nowText();
    case 'unknown': {
      const isBlind = last.unknownSince !== undefined && secondsSince(last.unknownSince, now) > 2 * pollSeconds;
      return isBlind ? undefined : since;
    }
    case 'pending':
    case 'unread':
      return since;
    default:
      return demand.state satisfies never;
  }
}
