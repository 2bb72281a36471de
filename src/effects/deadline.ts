import type { CallOptions, Clock } from './ports.ts';

/** A point in monotonic time after which nothing more is started. */
export interface Deadline {
  hasPassed(): boolean;
  /** Options of a request that starts now: it lasts no longer than what is left. */
  callOptions(): CallOptions;
}

/** A deadline at `atMs` of the clock's monotonic time, for requests of at most `callTimeoutMs` each. */
export function createDeadline(
  clock: Clock,
  options: { readonly atMs: number; readonly callTimeoutMs: number },
): Deadline {
  const leftMs = () => options.atMs - clock.monotonicMs();
  return {
    hasPassed: () => leftMs() <= 0,
    callOptions: () => ({ timeoutMs: Math.max(1, Math.min(options.callTimeoutMs, leftMs())) }),
  };
}

const RETRY_MS = 100;

/** Repeats `run` until its result is no failure, or until the deadline has passed. */
export async function insist<T>(
  run: () => Promise<T>,
  { isFailed, clock, until }: { isFailed: (result: T) => boolean; clock: Clock; until: Deadline },
): Promise<T> {
  for (;;) {
    const result = await run();
    if (!isFailed(result) || until.hasPassed()) return result;
    await clock.sleep(RETRY_MS);
  }
}
