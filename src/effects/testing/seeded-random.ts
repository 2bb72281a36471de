import type { Random } from '../ports.ts';

/** Random numbers that are the same for the same seed (mulberry32), and uuids that count. */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  let uuids = 0;
  return {
    next: () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    },
    uuid: () => {
      uuids += 1;
      return `00000000-0000-4000-8000-${String(seed).padStart(4, '0')}${String(uuids).padStart(8, '0')}`;
    },
  };
}
