import TinyQueue from 'tinyqueue';

/** Keys by the time at which each is due, the earliest first. */
export interface Timetable {
  /** Sets a key's time, or moves it forward; never back. */
  hasten(key: string, atMs: number): void;
  /** Takes out a key that is due; undefined: none is. */
  take(nowMs: number): string | undefined;
  /** When the next key is due; undefined: there is none. */
  nextMs(): number | undefined;
  /** Lets go of a key that will not be set again. */
  forget(key: string): void;
}

interface Slot {
  readonly key: string;
  readonly atMs: number;
}

/** Slots whose key was moved since stay in the queue until they come up. */
export function createTimetable(): Timetable {
  const queue = new TinyQueue<Slot>([], (a, b) => a.atMs - b.atMs);
  // What was taken out keeps its place: a map from which thousands go and come back grows to twice its size.
  const slots = new Map<string, Slot | undefined>();

  /** The first slot that still holds. */
  const first = (): Slot | undefined => {
    for (let slot = queue.peek(); slot !== undefined; slot = queue.peek()) {
      if (slots.get(slot.key) === slot) return slot;
      queue.pop();
    }
    return undefined;
  };

  return {
    hasten: (key, atMs) => {
      // Whole numbers need no object of their own.
      const slot = { key, atMs: Math.ceil(atMs) };
      const before = slots.get(key);
      if (before !== undefined && before.atMs <= slot.atMs) return;
      slots.set(key, slot);
      queue.push(slot);
    },
    take: (nowMs) => {
      const slot = first();
      if (slot === undefined || slot.atMs > nowMs) return undefined;
      slots.set(slot.key, undefined);
      queue.pop();
      return slot.key;
    },
    nextMs: () => first()?.atMs,
    forget: (key) => void slots.delete(key),
  };
}
