import type { Clock } from '../effects/ports.ts';
import { TICK_MS } from './limits.ts';

export interface Ticking {
  /** Some wait; when not, the ticks end. */
  readonly isWaited: boolean;
  tick(nowMs: number): void;
}

/** Ticks those that ask for it for as long as they wait for something: one timer for all, none when nobody waits. */
export function createTicks(clock: Pick<Clock, 'monotonicMs' | 'sleep'>): (ticking: Ticking) => void {
  const asking = new Set<Ticking>();

  const run = async () => {
    do {
      await clock.sleep(TICK_MS);
      const nowMs = clock.monotonicMs();
      for (const each of asking) {
        if (each.isWaited) each.tick(nowMs);
        else asking.delete(each);
      }
    } while (asking.size > 0);
  };
  return (ticking) => {
    const isFirst = asking.size === 0;
    asking.add(ticking);
    if (isFirst) void run();
  };
}
