import type { Clock } from '../effects/ports.ts';

/** The work's outcome, or `late` once timeoutMs have passed; the work itself goes on. */
export function within<T>(clock: Clock, timeoutMs: number, work: Promise<T>): Promise<T | 'late'> {
  return new Promise((resolve, reject) => {
    const callOff = clock.after(timeoutMs, () => resolve('late'));
    // Once it is late, nothing comes of what the work ends with.
    work.then(
      (outcome) => {
        callOff();
        resolve(outcome);
      },
      (error) => {
        callOff();
        reject(error);
      },
    );
  });
}
