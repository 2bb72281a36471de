/** Runs work at once or once a place is free, in order. */
export type Limiter = <T>(work: () => Promise<T>) => Promise<T>;

/** Makes a limiter with so many places. */
export function createLimiter(places: number): Limiter {
  const waiting: (() => void)[] = [];
  let free = places;
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      // A place is handed on, not freed, so that nobody who comes just now gets ahead.
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}
