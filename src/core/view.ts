import type { ElastiServiceStatus } from '../api/elastiservice.ts';
import type { Child } from '../api/hooks.ts';
import { decideBlocked, familiesWithoutResolver, type Refusal } from './blocked.ts';
import { type Demand, decideDemand } from './demand.ts';
import { type EnabledPeriodState, enabledPeriodAt } from './enabled-period.ts';
import { secondsSince } from './time.ts';
import type { Context, Facts, Settings } from './types.ts';
import { pendingWake } from './wake-token.ts';

/** Facts and context of one call. */
export interface Observation {
  readonly facts: Facts;
  readonly context: Context;
}

/** An observation with all that follows from it before any decision: what is desired, and since when things hold. */
export interface View extends Observation {
  readonly settings: Settings;
  readonly now: Date;
  readonly nowText: string;
  /** The last status; empty where there is none. */
  readonly last: ElastiServiceStatus;
  readonly isSpecChanged: boolean;
  readonly blocked: Refusal | undefined;
  /** The token of a wake that waits to be served. */
  readonly wake: string | undefined;
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
  /** A drain was on at the last sync, or may have been: slices of ours without a status say no more. */
  readonly wasDraining: boolean;
  /** A zero step of an earlier sync may still be under way somewhere. */
  readonly isZeroStepPossible: boolean;
}

/** A kind was missing from the request: what is observed is no ground for any change. */
export const isIncomplete = ({ publicService, readiness, resolver }: Facts): boolean =>
  publicService === 'unknown' || readiness === 'unknown' || resolver === undefined;

/** Derives the view of one observation. */
export function viewOf({ facts, context }: Observation, settings: Settings): View {
  const { elastiService } = facts;
  const { now } = context;
  const last = elastiService.status ?? {};
  const isSpecChanged = last.observedGeneration !== undefined && last.observedGeneration !== elastiService.generation;
  const blocked = decideBlocked(facts, settings, context.scale);
  const demand = decideDemand(context.readings);
  const { privateService, slices, isComplete } = facts.desired;
  const nowText = now.toISOString();
  const isReady = facts.readiness === 'ready';
  const wasDraining = last.phase === 'Draining' || (last.phase === undefined && facts.slices.size > 0);
  const isRedirected = isComplete && familiesWithoutResolver(facts).length === 0;
  return {
    facts,
    context,
    settings,
    now,
    nowText,
    last,
    isSpecChanged,
    blocked,
    wake: pendingWake(elastiService),
    period: enabledPeriodAt(elastiService.spec.enabledPeriod, now),
    demand,
    replicas: context.scale.kind === 'found' ? context.scale.replicas : undefined,
    isReady,
    privateService,
    slices,
    idleSince: trackIdle({ demand, last, isSpecChanged, now, nowText, pollSeconds: settings.pollSeconds }),
    unknownSince:
      demand.state === 'unknown' ? (last.unknownSince ?? nowText) : keepIf(isOpen(demand), last.unknownSince),
    readySince: isReady ? (last.readySince ?? nowText) : keepIf(facts.readiness === 'unknown', last.readySince),
    redirectedSince: isRedirected ? (last.redirectedSince ?? nowText) : undefined,
    wasDraining,
    isZeroStepPossible: wasDraining || secondsSince(last.drainedAt, now) < 2 * settings.zeroDeadlineSeconds,
  };
}

const isOpen = ({ state }: Demand): boolean => state === 'pending' || state === 'unread';

const keepIf = (condition: boolean, value: string | undefined) => (condition ? value : undefined);

// idleSince only says when to ask for proof; it survives short blindness so that a restart does not cost a cooldown.
function trackIdle(options: {
  readonly demand: Demand;
  readonly last: ElastiServiceStatus;
  readonly isSpecChanged: boolean;
  readonly now: Date;
  readonly nowText: string;
  readonly pollSeconds: number;
}): string | undefined {
  const { demand, last, isSpecChanged, now, nowText, pollSeconds } = options;
  const since = isSpecChanged ? undefined : last.idleSince;
  switch (demand.state) {
    case 'active':
      return undefined;
    case 'idle':
      return since ?? nowText;
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
