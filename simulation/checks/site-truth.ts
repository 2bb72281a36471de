/** What is really so about one site, kept by the checks as the model tells it; nothing of the real code sees it. */
export interface SiteTruth {
  readyPods: number;
  /** Since when the Service's own slice has shown a ready endpoint; undefined: it shows none. */
  readySinceMs: number | undefined;
  lastReadyMs: number;
  /** Since when our slice and the private Service have stood; undefined: they do not. */
  redirectedSinceMs: number | undefined;
  lastRedirectedMs: number;
  /** Who made the zero that the target stands at. */
  zeroBy: string | undefined;
  zeroAtMs: number;
  /** Why there was no ready pod the last time that there was none. */
  outage: 'ours' | 'personsZero' | 'podCrashed' | 'notStarted' | 'autoscalersZero';
  crashedAtMs: number;
  wakeAskedAtMs: number;
  tokenWrittenAtMs: number;
  statusLostAtMs: number;
  deletedAtMs: number | undefined;
  /** Since when a wake has been pending with replicas at 0. */
  unraisedSinceMs: number | undefined;
  /** A zero of ours was written over a wake, and must be undone. */
  overwritten: { readonly atMs: number; readonly token: string } | undefined;
  /** Zero steps by replica: what they were told to do. */
  readonly steps: Map<string, Step>;
  answeredAtMs: number;
  /** Addresses in the slices of the last answer. */
  answeredAddresses: ReadonlySet<string>;
  /** Since when syncs have been answered at least about once a poll. */
  steadySinceMs: number;
  lastWriteMs: number;
  writes: number;
  syncs: number;
}

export interface Step {
  readonly observedAtMs: number;
  /** When it read the scale that its zero insists on. */
  readAtMs: number | undefined;
  readonly uid: string;
  readonly wakeToken: string | undefined;
}

const NEVER = Number.NEGATIVE_INFINITY;

/** A site of which nothing is known yet. */
export function createSiteTruth(): SiteTruth {
  return {
    readyPods: 0,
    readySinceMs: undefined,
    lastReadyMs: NEVER,
    redirectedSinceMs: undefined,
    lastRedirectedMs: NEVER,
    zeroBy: undefined,
    zeroAtMs: NEVER,
    outage: 'notStarted',
    crashedAtMs: NEVER,
    wakeAskedAtMs: NEVER,
    tokenWrittenAtMs: NEVER,
    statusLostAtMs: NEVER,
    deletedAtMs: undefined,
    unraisedSinceMs: undefined,
    overwritten: undefined,
    steps: new Map(),
    answeredAtMs: NEVER,
    answeredAddresses: new Set(),
    steadySinceMs: 0,
    lastWriteMs: NEVER,
    writes: 0,
    syncs: 0,
  };
}
