/** Keys by the time at which each is due, the earliest first. */
export interface Timetable {
  /** Sets a key's time, or moves it. */
  set(key: string, atMs: number): void;
  /** Moves a key's time forward, and never back. */
  hasten(key: string, atMs: number): void;
  delete(key: string): void;
  /** Takes out a key that is due; undefined: none is. */
  take(nowMs: number): string | undefined;
  /** When the next key is due; undefined: there is none. */
  nextMs(): number | undefined;
  has(key: string): boolean;
}

interface Slot {
  readonly key: string;
  readonly atMs: number;
}

/** A binary heap; slots whose key was moved since stay until they come up. */
export function createTimetable(): Timetable {
  const heap: Slot[] = [];
  const times = new Map<string, number>();
  const at = (i: number) => heap[i] as Slot;
  const swap = (i: number, j: number) => {
    const slot = at(i);
    heap[i] = at(j);
    heap[j] = slot;
  };

  const push = (slot: Slot) => {
    heap.push(slot);
    for (let i = heap.length - 1; i > 0; ) {
      const parent = (i - 1) >> 1;
      if (at(parent).atMs <= at(i).atMs) return;
      swap(i, parent);
      i = parent;
    }
  };

  const pop = () => {
    swap(0, heap.length - 1);
    heap.pop();
    for (let i = 0; ; ) {
      const children = [2 * i + 1, 2 * i + 2].filter((child) => child < heap.length);
      const least = children.reduce((best, child) => (at(child).atMs < at(best).atMs ? child : best), i);
      if (least === i) return;
      swap(i, least);
      i = least;
    }
  };

  /** The first slot that still holds. */
  const first = (): Slot | undefined => {
    for (;;) {
      const slot = heap[0];
      if (slot === undefined || times.get(slot.key) === slot.atMs) return slot;
      pop();
    }
  };

  const set = (key: string, atMs: number) => {
    times.set(key, atMs);
    push({ key, atMs });
  };

  return {
    set,
    hasten: (key, atMs) => {
      const before = times.get(key);
      if (before === undefined || atMs < before) set(key, atMs);
    },
    delete: (key) => void times.delete(key),
    take: (nowMs) => {
      const slot = first();
      if (slot === undefined || slot.atMs > nowMs) return undefined;
      times.delete(slot.key);
      pop();
      return slot.key;
    },
    nextMs: () => first()?.atMs,
    has: (key) => times.has(key),
  };
}
