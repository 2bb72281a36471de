import type { Clock } from '../src/effects/ports.ts';
import type { Scheduler } from './scheduler.ts';

/**
 * A process of the model. What is delivered to it after its crash never arrives, so that whatever awaited it never goes
 * on; what is delivered while it is suspended arrives when it resumes.
 */
export interface Process {
  readonly name: string;
  readonly clock: Clock;
  isAlive(): boolean;
  isSuspended(): boolean;
  deliver(run: () => void): void;
  /** As `deliver`, of news that let nothing go on which waits for a promise. */
  tell(run: () => void): void;
  /** Resolves after a time, or never. */
  wait(ms: number): Promise<void>;
  crash(): void;
  suspend(ms: number): void;
  onCrash(run: () => void): () => void;
}

export const EPOCH_MS = Date.parse('2026-03-01T12:00:00.000Z');

/** The API server keeps whole seconds. */
export const timestamp = (nowMs: number) => new Date(Math.floor((EPOCH_MS + nowMs) / 1000) * 1000).toISOString();

/** A process that runs; its wall clock is off by offsetMs. */
export function createProcess(scheduler: Scheduler, { name, offsetMs }: { name: string; offsetMs: number }): Process {
  let isAlive = true;
  let suspendedUntilMs = 0;
  const crashed = new Set<() => void>();

  const tell = (run: () => void) => {
    if (!isAlive) return;
    const leftMs = suspendedUntilMs - scheduler.nowMs();
    if (leftMs > 0) scheduler.after(leftMs, () => tell(run));
    else run();
  };
  const deliver = (run: () => void) =>
    tell(() => {
      run();
      scheduler.touch();
    });
  const after = (ms: number, run: () => void) => {
    let isOff = false;
    const timer = scheduler.after(ms, () => deliver(() => isOff || run()));
    return () => {
      isOff = true;
      timer.cancel();
    };
  };

  const sleep = (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const onAbort = () => {
        timer.cancel();
        reject(signal?.reason);
      };
      const timer = scheduler.after(ms, () =>
        deliver(() => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        }),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    });

  return {
    name,
    clock: {
      now: () => new Date(Math.floor(EPOCH_MS + scheduler.nowMs() + offsetMs)),
      monotonicMs: () => scheduler.nowMs(),
      sleep,
      after,
    },
    isAlive: () => isAlive,
    isSuspended: () => suspendedUntilMs > scheduler.nowMs(),
    deliver,
    tell,
    wait: (ms) => sleep(ms),
    crash: () => {
      isAlive = false;
      for (const run of [...crashed]) run();
      crashed.clear();
    },
    suspend: (ms) => {
      suspendedUntilMs = scheduler.nowMs() + ms;
    },
    onCrash: (run) => {
      crashed.add(run);
      return () => void crashed.delete(run);
    },
  };
}
