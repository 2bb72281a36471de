import type { Clock } from '../effects/ports.ts';

/** The work's outcome, or `late` once timeoutMs have passed; the work itself goes on. */
export async function within<T>(clock: Clock, timeoutMs: number, work: Promise<T>): Promise<T | 'late'> {
  const finished = new AbortController();
  const timer = clock.sleep(timeoutMs, finished.signal).then(() => 'late' as const);
  // Whichever of the two loses may still reject, and nobody listens any more.
  timer.catch(() => {});
  work.catch(() => {});
  try {
    return await Promise.race([work, timer]);
  } finally {
    // A reason of our own saves making an error with a stack that nobody sees.
    finished.abort('finished');
  }
}
