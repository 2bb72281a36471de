import { setImmediate as macrotask } from 'node:timers/promises';
import type { Clock } from '../ports.ts';

/** A clock that stands still until it is told to move; the same steps give the same order of wake-ups, always. */
export interface VirtualClock extends Clock {
  /** Lets everything run that waits for no time. */
  settle(): Promise<void>;
  /** Moves on by ms, waking sleepers in the order of their times, and of their calls where times are equal. */
  advance(ms: number): Promise<void>;
  /** Moves on, timer by timer, until the promise is settled. Throws where nothing is left that could settle it. */
  run<T>(promise: Promise<T>): Promise<T>;
  /** Time of the next sleeper, if any. */
  nextAtMs(): number | undefined;
  /** The same time as seen by a process whose wall clock is off. */
  skewed(offsetMs: number): Clock;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/** A virtual clock; its monotonic time starts at 0 and its wall clock at `startAt`. */
export function createVirtualClock(startAt = new Date('2026-03-01T12:00:00.000Z')): VirtualClock {
  let nowMs = 0;
  // In order of call; the earliest of the first calls is next.
  const sleepers = new Set<Sleeper>();

  const next = () => {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) if (!first || sleeper.atMs < first.atMs) first = sleeper;
    return first;
  };
  // A macrotask starts only when no microtask is left.
  const settle = async () => {
    await macrotask();
  };
  const wakeNext = (sleeper: Sleeper) => {
    nowMs = Math.max(nowMs, sleeper.atMs);
    sleepers.delete(sleeper);
    sleeper.wake();
  };

  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        sleepers.delete(sleeper);
        reject(signal?.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper = { atMs: nowMs + Math.max(0, ms), wake };
      sleepers.add(sleeper);
      signal?.addEventListener('abort', onAbort, { once: true });
    });

  const after = (ms: number, run: () => void) => {
    const sleeper = { atMs: nowMs + Math.max(0, ms), wake: run };
    sleepers.add(sleeper);
    return () => void sleepers.delete(sleeper);
  };

  const viewOf = (offsetMs: number): Clock => ({
    now: () => new Date(startAt.getTime() + nowMs + offsetMs),
    monotonicMs: () => nowMs,
    sleep,
    after,
  });

  return {
    ...viewOf(0),
    skewed: viewOf,
    settle,
    nextAtMs: () => next()?.atMs,
    advance: async (ms) => {
      const untilMs = nowMs + ms;
      await settle();
      for (let sleeper = next(); sleeper && sleeper.atMs <= untilMs; sleeper = next()) {
        wakeNext(sleeper);
        await settle();
      }
      nowMs = untilMs;
    },
    run: async (promise) => {
      let isSettled = false;
      const done = promise.finally(() => {
        isSettled = true;
      });
      done.catch(() => undefined);
      for (await settle(); !isSettled; await settle()) {
        const sleeper = next();
        if (!sleeper) throw new Error('nothing is left that could settle the promise');
        wakeNext(sleeper);
      }
      return done;
    },
  };
}
