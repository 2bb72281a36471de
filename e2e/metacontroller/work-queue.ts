import { RetryDelays } from './retry-delays.ts';

// setTimeout fires at once for a longer delay, so a far deadline is reached in several legs.
const LONGEST_TIMER_MS = 2 ** 31 - 1;

interface Waiting {
  dueAtMs: number;
  timer: NodeJS.Timeout;
}

/** Keys to sync, merged while they wait. A key that is being worked on is handed out again only after `done`. */
export class WorkQueue {
  readonly #ready: string[] = [];
  readonly #dirty = new Set<string>();
  readonly #processing = new Set<string>();
  readonly #waiting = new Map<string, Waiting>();
  readonly #takers: ((key: string | undefined) => void)[] = [];
  readonly #retryDelays = new RetryDelays();
  readonly #shutDown = Promise.withResolvers<void>();
  #isShutDown = false;

  add(key: string): void {
    if (this.#isShutDown || this.#dirty.has(key)) return;
    this.#dirty.add(key);
    if (!this.#processing.has(key)) this.#offer(key);
  }

  /** The earliest timer of a key wins; a later one is dropped, and none is ever cancelled. */
  addAfter(key: string, delayMs: number): void {
    if (this.#isShutDown) return;
    if (delayMs <= 0) {
      this.add(key);
      return;
    }
    const dueAtMs = Date.now() + delayMs;
    const waiting = this.#waiting.get(key);
    if (waiting && waiting.dueAtMs <= dueAtMs) return;
    if (waiting) clearTimeout(waiting.timer);
    this.#arm(key, dueAtMs);
  }

  addRateLimited(key: string): void {
    this.addAfter(key, this.#retryDelays.nextMs(key));
  }

  forget(key: string): void {
    this.#retryDelays.forget(key);
  }

  /** The next key, or undefined once the queue is shut down. Call `done` with it afterwards. */
  next(): Promise<string | undefined> {
    if (this.#isShutDown) return Promise.resolve(undefined);
    const key = this.#ready.shift();
    if (key === undefined) return new Promise((resolve) => this.#takers.push(resolve));
    this.#start(key);
    return Promise.resolve(key);
  }

  done(key: string): void {
    this.#processing.delete(key);
    if (this.#dirty.has(key) && !this.#isShutDown) this.#offer(key);
  }

  get isShutDown(): boolean {
    return this.#isShutDown;
  }

  whenShutDown(): Promise<void> {
    return this.#shutDown.promise;
  }

  shutDown(): void {
    this.#isShutDown = true;
    this.#shutDown.resolve();
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    for (const resolve of this.#takers.splice(0)) resolve(undefined);
  }

  #arm(key: string, dueAtMs: number): void {
    const delayMs = Math.min(dueAtMs - Date.now(), LONGEST_TIMER_MS);
    const timer = setTimeout(() => {
      if (dueAtMs - Date.now() > 1) {
        this.#arm(key, dueAtMs);
        return;
      }
      this.#waiting.delete(key);
      this.add(key);
    }, delayMs);
    this.#waiting.set(key, { dueAtMs, timer });
  }

  #offer(key: string): void {
    const taker = this.#takers.shift();
    if (!taker) {
      this.#ready.push(key);
      return;
    }
    this.#start(key);
    taker(key);
  }

  #start(key: string): void {
    this.#dirty.delete(key);
    this.#processing.add(key);
  }
}
