export interface Readiness {
  readonly ready: boolean;
  readonly reason: string;
}

const KEEP_MS = 3000;

/** Ready as long as the API server answers. It is asked at most every 3 s, however many probes come in. */
export function createReadiness(deps: {
  readonly ping: () => Promise<void>;
  readonly monotonicMs: () => number;
}): () => Promise<Readiness> {
  let current: Promise<Readiness> | undefined;
  let askedAtMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (current !== undefined && deps.monotonicMs() - askedAtMs < KEEP_MS) return current;
    askedAtMs = deps.monotonicMs();
    current = deps.ping().then(
      () => ({ ready: true, reason: 'the API server answers' }),
      () => ({ ready: false, reason: 'the API server does not answer' }),
    );
    return current;
  };
}
