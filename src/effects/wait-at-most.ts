import type { Clock } from './ports.ts';

/** Waits for a promise that never rejects, but no longer than ms. */
export function waitAtMost(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const callOff = clock.after(ms, resolve);
    void promise.then(() => {
      callOff();
      resolve();
    });
  });
}
