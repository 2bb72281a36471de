/** Randomness of one run: the same seed gives the same sequence. */
export interface Chance {
  /** In [0, 1). */
  next(): number;
  is(probability: number): boolean;
  between(low: number, high: number): number;
  /** Whole, both ends included. */
  whole(low: number, high: number): number;
  exponential(mean: number): number;
  /** A time: mostly up to `short`, since what lasts costs events and brings no cycles; now and then up to `long`. */
  spell(short: number, long: number): number;
  pick<T>(list: readonly T[]): T;
  uuid(): string;
}

/** mulberry32, with the shapes that the model needs. */
export function createChance(seed: number): Chance {
  let state = seed >>> 0;
  let uuids = 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const between = (low: number, high: number) => low + next() * (high - low);
  return {
    next,
    is: (probability) => probability > 0 && next() < probability,
    between,
    whole: (low, high) => low + Math.floor(next() * (high - low + 1)),
    exponential: (mean) => -Math.log(1 - next()) * mean,
    spell: (short, long) => (next() < 0.85 ? between(short / 20, short) : between(short, long)),
    pick: (list) => list[Math.floor(next() * list.length)] as (typeof list)[number],
    uuid: () => {
      uuids += 1;
      // Some go by its beginning, others by its end.
      const count = String(uuids);
      return `${count.padStart(8, '0')}-0000-4000-8000-${count.padStart(12, '0')}`;
    },
  };
}
