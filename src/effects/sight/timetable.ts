import TinyQueue from 'tinyqueue';

/** Keys by the time at which each is due, the earliest first. */
export interface Timetable {
  /** Sets a key's time, or moves it forward; never back. */
  hasten(key: string, atMs: number): void;
  /** Takes out a key that is due; undefined: none is. */
  take(nowMs: number): string | undefined;
  /** When the next key is due; undefined: there is none. */
  nextMs(): number | undefined;
}

interface Slot {
  readonly key: string;
  readonly atMs: number;
}

/** Slots whose key was moved since stay in the queue until they come up. */
export function createTimetable(): Timetable {
  const queue = new TinyQueue<Slot>([], (a, b) => a.atMs - b.atMs);
  const times = new Map<string, number>();

  /** The first slot that still holds. */
  const first = (): Slot | undefined => {
    for (let slot = queue.peek(); slot !== undefined; slot = queue.peek()) {
      if (times.get(slot.key) === slot.atMs) return slot;
      queue.pop();
    }
    return undefined;
  };

  return {
    hasten: (key, atMs) => {
      const before = times.get(key);
      if (before !== undefined && before <= atMs) return;
      times.set(key, atMs);
      queue.push({ key, atMs });
    },
    take: (nowMs) => {
      const slot = first();
      if (slot === undefined || slot.atMs > nowMs) return undefined;
      times.delete(slot.key);
      queue.pop();
      return slot.key;
    },
    nextMs: () => first()?.atMs,
  };
}
