import { TokenBucket } from './token-bucket.ts';

const FIRST_MS = 5;
const CAP_MS = 1_000_000;

/** How long a failed key waits: doubling per key, and never less than its turn in one bucket that all keys share. */
export class RetryDelays {
  readonly #failures = new Map<string, number>();
  readonly #shared = new TokenBucket({ perSecond: 10, burst: 100 });

  nextMs(key: string): number {
    const failures = this.#failures.get(key) ?? 0;
    this.#failures.set(key, failures + 1);
    return Math.max(Math.min(FIRST_MS * 2 ** failures, CAP_MS), this.#shared.reserveMs());
  }

  forget(key: string): void {
    this.#failures.delete(key);
  }
}
