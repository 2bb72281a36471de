import { KubeApiError, type KubeCode } from '../src/errors.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

export interface CallAbout {
  readonly what: string;
  readonly isWrite?: boolean;
  readonly timeoutMs?: number;
  /** Held up for so long on its way, and then carried out whatever its caller thinks. */
  readonly heldUpMs?: number;
}

/** The API server as seen from a process: calls take time, fail, or take effect although nobody hears of it. */
export interface Api {
  /** Runs `act` when the call arrives; it may throw KubeApiError. The answer reaches a process that still lives. */
  call<T>(from: Process, about: CallAbout, act: () => T): Promise<T>;
  /** No call gets through for so long. */
  goDown(ms: number): void;
  /** Since when calls have got through. */
  upSinceMs(): number;
}

/** How one call goes: when it takes effect, if it does, and when which answer comes. */
interface Fate {
  readonly actAfterMs: number | undefined;
  readonly answerAfterMs: number;
  readonly error: KubeCode | undefined;
}

const DEFAULT_TIMEOUT_MS = 10_000;
/** A write whose caller gave up takes effect within this time of its start; the protocol counts on some such bound. */
export const LATE_MS = 4000;

/** Makes the API server of a world. */
export function createApi(world: Pick<World, 'scheduler' | 'chance' | 'faults'>): Api {
  const { scheduler, chance, faults } = world;
  let downUntilMs = 0;

  const decideFate = (call: { timeoutMs: number; isWrite: boolean; heldUpMs: number | undefined }): Fate => {
    const { timeoutMs, isWrite, heldUpMs } = call;
    const quickMs = chance.between(1, 5);
    if (scheduler.nowMs() < downUntilMs) {
      const isHanging = chance.is(0.3);
      const error = isHanging ? 'TIMEOUT' : 'UNAVAILABLE';
      return { actAfterMs: undefined, answerAfterMs: isHanging ? timeoutMs : quickMs, error };
    }
    if (heldUpMs !== undefined) {
      const isAwaited = heldUpMs < timeoutMs;
      return {
        actAfterMs: heldUpMs,
        answerAfterMs: isAwaited ? heldUpMs + 1 : timeoutMs,
        error: isAwaited ? undefined : 'TIMEOUT',
      };
    }
    if (faults.has('apiErrors') && chance.is(0.02 / faults.rarity)) {
      const hangs = { answerAfterMs: timeoutMs, error: 'TIMEOUT' } as const;
      const failures: readonly Fate[] = [
        { actAfterMs: undefined, answerAfterMs: quickMs, error: 'TOO_MANY_REQUESTS' },
        { actAfterMs: undefined, answerAfterMs: quickMs, error: 'SERVER_ERROR' },
        { actAfterMs: quickMs / 2, answerAfterMs: quickMs, error: 'SERVER_ERROR' },
        { ...hangs, actAfterMs: undefined },
        { ...hangs, actAfterMs: quickMs },
        { ...hangs, actAfterMs: isWrite ? chance.between(0, LATE_MS) : undefined },
      ];
      return chance.pick(failures);
    }
    const isSlow = faults.has('apiSlow') && chance.is(0.03 / faults.rarity);
    const tookMs = isSlow ? chance.between(50, 1000) : quickMs;
    return tookMs <= timeoutMs
      ? { actAfterMs: tookMs / 2, answerAfterMs: tookMs, error: undefined }
      : { actAfterMs: tookMs / 2, answerAfterMs: timeoutMs, error: 'TIMEOUT' };
  };

  return {
    goDown: (ms) => {
      downUntilMs = scheduler.nowMs() + ms;
    },
    upSinceMs: () => downUntilMs,
    call: (from, { what, isWrite = false, timeoutMs = DEFAULT_TIMEOUT_MS, heldUpMs }, act) =>
      new Promise((resolve, reject) => {
        const { actAfterMs, answerAfterMs, error } = decideFate({ timeoutMs, isWrite, heldUpMs });
        let answer: () => void = () => {};
        if (actAfterMs !== undefined) {
          scheduler.after(actAfterMs, () => {
            try {
              const result = act();
              answer = () => resolve(result);
            } catch (thrown) {
              answer = () => reject(thrown);
            }
          });
        }
        scheduler.after(answerAfterMs, () =>
          from.deliver(() => {
            if (error === undefined) answer();
            else reject(refusal(error, what));
          }),
        );
      }),
  };
}

export const refusal = (code: KubeCode, what: string) => new KubeApiError(code, `cannot ${what}`);
