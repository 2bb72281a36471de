import type { Clock, Random } from '../../effects/ports.ts';
import type { Claim, SendWake } from '../ports.ts';
import type { PostWake } from './post-wake.ts';

/** By whom a wake was recorded, or that it was not. */
export type WakeOutcome = 'hook' | 'token' | 'failed';

export interface SendWakeDeps {
  readonly postWake: PostWake;
  /** Writes the wake token; rejects where that fails. */
  readonly writeToken: (claim: Claim) => Promise<void>;
  readonly clock: Clock;
  readonly random: Random;
  readonly onWake?: (claim: Claim, outcome: WakeOutcome, error?: unknown) => void;
}

/** How long the hook service as a whole may take. */
const HOOK_MS = 3000;
/**
 * And one replica: its write of the token may take 1 s and its wait for the raise 0.5 s. Given up before that, a wake that
 * is recorded would be asked for again, and each asking is one more write to an API server that is slow already.
 */
const TRY_MS = 1500;
const RETRY_MS = 200;

/**
 * Wakes by the hook service, which knows what else there is to do. Where none of its replicas has recorded the wake in
 * time, we write the token ourselves: the hook service reads it whenever it is back.
 */
export function createSendWake({ postWake, writeToken, clock, random, onWake }: SendWakeDeps): SendWake {
  /** Whether a replica has recorded it. */
  const askHook = async (claim: Claim, held: number): Promise<boolean> => {
    const untilMs = clock.monotonicMs() + HOOK_MS;
    for (let tries = 0; ; tries++) {
      const timeoutMs = Math.min(TRY_MS, untilMs - clock.monotonicMs());
      if (timeoutMs <= 0) return false;
      const status = await postWake(claim, { held, timeoutMs, isFreshConnection: tries > 0 });
      if (status !== undefined && status >= 200 && status <= 299) return true;
      // Asking the same again would bring the same answer, whatever it means.
      if (status !== undefined && status >= 400 && status <= 499 && status !== 429) return false;
      await clock.sleep(random.next() * RETRY_MS);
    }
  };

  const wake = async (claim: Claim, held: number): Promise<WakeOutcome> => {
    if (await askHook(claim, held)) return 'hook';
    await writeToken(claim);
    return 'token';
  };

  return async (claim, held) => {
    try {
      const outcome = await wake(claim, held);
      onWake?.(claim, outcome);
    } catch (error) {
      // Whoever holds the connection only tries again.
      onWake?.(claim, 'failed', error);
      throw error;
    }
  };
}
