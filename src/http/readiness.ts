export interface Readiness {
  readonly ready: boolean;
  readonly reason: string;
}

const KEEP_MS = 3000;

/** Ready as long as the API server answers, once all that is watched has been read. It is asked at most every 3 s, however many probes come in. */
export function createReadiness(deps: {
  readonly ping: () => Promise<void>;
  /** Whether it has; default: nothing is watched. What was read once is followed as well as can be. */
  readonly isSynced?: (() => boolean) | undefined;
  readonly monotonicMs: () => number;
}): () => Promise<Readiness> {
  let current: Promise<Readiness> | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return async () => {
    if (deps.isSynced?.() === false) return { ready: false, reason: 'what it watches has not all been read yet' };
    if (current !== undefined && deps.monotonicMs() - askedAtMs < KEEP_MS) return current;
    askedAtMs = deps.monotonicMs();
    current = deps.ping().then(
      () => ({ ready: true, reason: 'the API server answers' }),
      () => ({ ready: false, reason: 'the API server does not answer' }),
    );
    return current;
  };
}
