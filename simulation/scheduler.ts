/** Virtual time: events in the order of their times, then of their making. */
export interface Scheduler {
  nowMs(): number;
  after(delayMs: number, run: () => void): Timer;
  /** Says that a promise was settled, so that what waits for it runs before the next event. */
  touch(): void;
  /** Runs everything up to and including a time. */
  runUntil(ms: number): Promise<void>;
}

export interface Timer {
  cancel(): void;
}

/** One event; a class, since there are so many that a closure for each would be felt. */
class Entry implements Timer {
  readonly atMs: number;
  readonly order: number;
  run: (() => void) | undefined;

  constructor(atMs: number, order: number, run: () => void) {
    this.atMs = atMs;
    this.order = order;
    this.run = run;
  }

  cancel(): void {
    this.run = undefined;
  }
}

const isBefore = (a: Entry, b: Entry) => a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);

// A tick comes only when no microtask is left; now and then a macrotask, so that what waits for one gets its turn.
const TICKS_PER_MACROTASK = 1000;
const settled = Promise.resolve();

/** A scheduler at time 0 with nothing to do; a binary heap. */
export function createScheduler(): Scheduler {
  const heap: Entry[] = [];
  let nowMs = 0;
  let orders = 0;
  let ticks = 0;
  let isTouched = true;

  const push = (entry: Entry) => {
    let at = heap.length;
    heap.push(entry);
    while (at > 0) {
      const up = (at - 1) >> 1;
      const parent = heap[up] as Entry;
      if (!isBefore(entry, parent)) break;
      heap[at] = parent;
      at = up;
    }
    heap[at] = entry;
  };

  const pop = () => {
    const first = heap[0] as Entry;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Entry, heap[child] as Entry)) child += 1;
      if (!isBefore(heap[child] as Entry, last)) break;
      heap[at] = heap[child] as Entry;
      at = child;
    }
    heap[at] = last;
    return first;
  };

  return {
    nowMs: () => nowMs,
    after: (delayMs, run) => {
      orders += 1;
      const entry = new Entry(nowMs + Math.max(0, delayMs), orders, run);
      push(entry);
      return entry;
    },
    touch: () => {
      isTouched = true;
    },
    runUntil: (ms) =>
      new Promise((resolve, reject) => {
        // From a microtask, so that the next tick comes after all others that there are by then.
        const goOn = () => void settled.then(run);
        const run = () => {
          try {
            while (!isTouched) {
              const next = heap[0];
              if (next === undefined || next.atMs > ms) {
                nowMs = ms;
                return resolve();
              }
              pop();
              if (next.run === undefined) continue;
              nowMs = next.atMs;
              next.run();
            }
          } catch (error) {
            return reject(error);
          }
          isTouched = false;
          ticks += 1;
          if (ticks % TICKS_PER_MACROTASK === 0) setImmediate(goOn);
          else process.nextTick(goOn);
        };
        run();
      }),
  };
}
