import { setTimeout as sleep } from 'node:timers/promises';

export interface TokenBucketOptions {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket whose tokens may be taken in advance: each caller learns how long to wait for its own. */
export class TokenBucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #filledAtMs = Date.now();

  constructor({ perSecond, burst }: TokenBucketOptions) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
  }

  /** Takes one token and returns the milliseconds until it is there. */
  reserveMs(): number {
    this.#fill();
    this.#tokens -= 1;
    return this.#tokens >= 0 ? 0 : (-this.#tokens / this.#perSecond) * 1000;
  }

  /** Takes one token if there is one now. */
  tryTake(): boolean {
    this.#fill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  async take(): Promise<void> {
    const waitMs = this.reserveMs();
    if (waitMs > 0) await sleep(waitMs);
  }

  #fill(): void {
    const nowMs = Date.now();
    const gained = ((nowMs - this.#filledAtMs) / 1000) * this.#perSecond;
    this.#tokens = Math.min(this.#burst, this.#tokens + gained);
    this.#filledAtMs = nowMs;
  }
}
