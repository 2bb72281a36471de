import { setTimeout as sleep } from 'node:timers/promises';

export interface Repeating<T> {
  /** Begins nothing more, waits for all that has begun, and resolves to what came of it. */
  stop(): Promise<readonly T[]>;
}

/** Goes on beginning work, whether earlier work has ended or not, as independent clients would. It must not throw. */
export function repeat<T>(everyMs: number, work: () => Promise<T>): Repeating<T> {
  const begun: Promise<T>[] = [];
  const stopping = new AbortController();
  const repeating = (async () => {
    while (!stopping.signal.aborted) {
      begun.push(work());
      await sleep(everyMs);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await repeating;
      return Promise.all(begun);
    },
  };
}
