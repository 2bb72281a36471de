import type { Child } from '../../src/api/hooks.ts';
import type { Process } from '../process.ts';
import type { Site } from '../world.ts';

/** What is really so about one site, kept by the checks as the model tells it; nothing of the real code sees it. */
export interface SiteTruth {
  readyPods: number;
  /** Since when the Service's own slice has shown a ready endpoint; undefined: it shows none. */
  readySinceMs: number | undefined;
  lastReadyMs: number;
  /** When a status without a ready endpoint was written last. */
  unreadyRecordedMs: number;
  /** When the slices were dropped before the settle time, since clocks are further apart than is allowed for. */
  droppedEarlyMs: number;
  /** Since when our slice and the private Service have stood; undefined: they do not. */
  redirectedSinceMs: number | undefined;
  lastRedirectedMs: number;
  /** Who made the zero that the target stands at. */
  zeroBy: string | undefined;
  zeroAtMs: number;
  /** The status said already that we put it to sleep when somebody else did. */
  isZeroLikeOurs: boolean;
  /** Why there was no ready pod the last time that there was none. */
  outage: 'ours' | 'personsZero' | 'podCrashed' | 'notStarted' | 'autoscalersZero' | 'targetGone';
  /** Uid of the ElastiService in charge. */
  chargeUid: string | undefined;
  /** Since when it is. */
  chargedAtMs: number;
  /** Uid of the one that was before its last change. */
  chargedBeforeUid: string | undefined;
  wakeAskedAtMs: number;
  tokenWrittenAtMs: number;
  statusLostAtMs: number;
  /** When the Service was deleted, made again or given other ports. */
  serviceChangedAtMs: number;
  /** When the workload was deleted or made again. */
  targetChangedAtMs: number;
  deletedAtMs: number | undefined;
  /** Since when a wake has been pending with replicas at 0. */
  unraisedSinceMs: number | undefined;
  /** A wake that has yet to be served although replicas are up: which, and since when. */
  unserved: { readonly atMs: number; readonly token: string } | undefined;
  /** A zero of ours was written over a wake, and must be undone. */
  overwritten: { readonly atMs: number; readonly token: string } | undefined;
  /** The zero steps that each replica is at. */
  readonly steps: Map<Process, Set<Step>>;
  /** What the last zero step rested on. */
  lastStepMs: number;
  answeredAtMs: number;
  /** When the request of the last answer was made. */
  answerMadeAtMs: number;
  /** The children of the last answer. */
  answeredChildren: readonly Child[];
  /** Since when syncs have been answered at least about once a poll. */
  steadySinceMs: number;
  lastWriteMs: number;
  writes: number;
  syncs: number;
  /** Writes, and what may have caused them, within the span that I9 looks at. */
  spanWrites: number;
  causes: number;
  seenTurns: number;
}

export interface Step {
  readonly site: Site;
  readonly observedAtMs: number;
  /** When it read the scale that its zero insists on. */
  readAtMs: number | undefined;
  readonly uid: string;
  /** The token of each that shares the target, as it was then. */
  readonly wakeTokens: ReadonlyMap<Site, string | undefined>;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** A site of which nothing is known yet. */
export function createSiteTruth(): SiteTruth {
  return {
    readyPods: 0,
    readySinceMs: undefined,
    lastReadyMs: NEVER,
    unreadyRecordedMs: NEVER,
    droppedEarlyMs: NEVER,
    redirectedSinceMs: undefined,
    lastRedirectedMs: NEVER,
    zeroBy: undefined,
    zeroAtMs: NEVER,
    isZeroLikeOurs: false,
    outage: 'notStarted',
    chargeUid: undefined,
    chargedAtMs: NEVER,
    chargedBeforeUid: undefined,
    wakeAskedAtMs: NEVER,
    tokenWrittenAtMs: NEVER,
    statusLostAtMs: NEVER,
    serviceChangedAtMs: NEVER,
    targetChangedAtMs: NEVER,
    deletedAtMs: undefined,
    unraisedSinceMs: undefined,
    unserved: undefined,
    overwritten: undefined,
    steps: new Map(),
    lastStepMs: NEVER,
    answeredAtMs: NEVER,
    answerMadeAtMs: NEVER,
    answeredChildren: [],
    steadySinceMs: 0,
    lastWriteMs: NEVER,
    writes: 0,
    syncs: 0,
    spanWrites: 0,
    causes: 0,
    seenTurns: 0,
  };
}
