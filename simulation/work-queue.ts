import type { Process } from './process.ts';
import type { Scheduler, Timer } from './scheduler.ts';

/** Keys to work on: merged, never twice at once, earliest timer wins, failures back off. */
export interface WorkQueue {
  add(key: string): void;
  addAfter(key: string, ms: number): void;
  addFailed(key: string): void;
  forget(key: string): void;
}

/** A worker needs a moment to wake up; what comes meanwhile is one piece of work. */
const PICKED_UP_MS = 0.1;
const FIRST_BACKOFF_MS = 5;
const MAX_BACKOFF_MS = 1_000_000;
/** All keys that failed share a bucket: so long for each, after a burst of so many. */
const BUCKET_MS = 100;
const BUCKET_BURST = 100;

/** A queue whose workers call `work`, so many at a time. */
export function createWorkQueue(
  {
    scheduler,
    process,
    workers,
  }: { readonly scheduler: Scheduler; readonly process: Process; readonly workers: number },
  work: (key: string) => Promise<void>,
): WorkQueue {
  const ready: string[] = [];
  const dirty = new Set<string>();
  const processing = new Set<string>();
  const waiting = new Map<string, { atMs: number; timer: Timer }>();
  const failures = new Map<string, number>();
  let bucketFreeMs = Number.NEGATIVE_INFINITY;

  const add = (key: string) => {
    if (dirty.has(key)) return;
    dirty.add(key);
    if (processing.has(key)) return;
    ready.push(key);
    if (processing.size < workers) scheduler.after(PICKED_UP_MS, () => process.deliver(start));
  };

  const start = () => {
    while (processing.size < workers) {
      const key = ready.shift();
      if (key === undefined) return;
      dirty.delete(key);
      processing.add(key);
      void work(key).then(() => {
        processing.delete(key);
        if (dirty.has(key)) ready.push(key);
        start();
      });
    }
  };

  const addAfter = (key: string, ms: number) => {
    const atMs = scheduler.nowMs() + ms;
    const before = waiting.get(key);
    if (before && before.atMs <= atMs) return;
    before?.timer.cancel();
    const timer = scheduler.after(ms, () =>
      process.deliver(() => {
        waiting.delete(key);
        add(key);
      }),
    );
    waiting.set(key, { atMs, timer });
  };

  return {
    add,
    addAfter,
    addFailed: (key) => {
      const count = failures.get(key) ?? 0;
      failures.set(key, count + 1);
      const nowMs = scheduler.nowMs();
      bucketFreeMs = Math.max(bucketFreeMs, nowMs - BUCKET_BURST * BUCKET_MS) + BUCKET_MS;
      addAfter(key, Math.max(Math.min(FIRST_BACKOFF_MS * 2 ** count, MAX_BACKOFF_MS), bucketFreeMs - nowMs));
    },
    forget: (key) => void failures.delete(key),
  };
}
