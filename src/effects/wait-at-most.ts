import type { Clock } from './ports.ts';

/** Waits for a promise that never rejects, but no longer than ms. */
export async function waitAtMost(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const timer = clock.sleep(ms, done.signal).catch(() => undefined);
  await Promise.race([promise, timer]);
  // A reason of our own saves making an error with a stack that nobody sees.
  done.abort('done');
}
