import type { Clock, Random } from '../../effects/ports.ts';
import { codeOf } from '../../telemetry/describe-error.ts';
import type { SpanContext, Tracer } from '../../telemetry/traces/span.ts';
import { makeTraceparent } from '../../telemetry/traces/traceparent.ts';
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
  readonly tracer?: Tracer | undefined;
  readonly onWake?: (claim: Claim, outcome: WakeOutcome, error?: unknown) => void;
}

/** How long the hook service as a whole may take. */
const HOOK_MS = 3000;
/**
 * And one replica: its first write of the token may take 1 s and its wait for the raise 0.5 s. Given up before that, a wake that
 * is recorded would be asked for again, and each asking is one more write to an API server that is slow already.
 */
const TRY_MS = 1500;
const RETRY_MS = 200;

/**
 * Wakes by the hook service, which knows what else there is to do. Where none of its replicas has recorded the wake in
 * time, we write the token ourselves: the hook service reads it whenever it is back.
 */
export function createSendWake({ postWake, writeToken, clock, random, tracer, onWake }: SendWakeDeps): SendWake {
  /** Whether a replica has recorded it. */
  const askHook = async (claim: Claim, held: number, span: SpanContext | undefined): Promise<boolean> => {
    const traceparent = span && makeTraceparent(span);
    const untilMs = clock.monotonicMs() + HOOK_MS;
    for (let tries = 0; ; tries++) {
      const timeoutMs = Math.min(TRY_MS, untilMs - clock.monotonicMs());
      if (timeoutMs <= 0) return false;
      const status = await postWake(claim, { held, timeoutMs, isFreshConnection: tries > 0, traceparent });
      if (status !== undefined && status >= 200 && status <= 299) return true;
      // Asking the same again would bring the same answer, whatever it means.
      if (status !== undefined && status >= 400 && status <= 499 && status !== 429) return false;
      await clock.sleep(random.next() * RETRY_MS);
    }
  };

  const wake = async (claim: Claim, held: number, span: SpanContext | undefined): Promise<WakeOutcome> => {
    if (await askHook(claim, held, span)) return 'hook';
    await (span && tracer ? tracer.within(span, () => writeToken(claim)) : writeToken(claim));
    return 'token';
  };

  return async (claim, held, cause) => {
    const span = cause && tracer?.begin(cause);
    const startMs = clock.monotonicMs();
    const end = (outcome: WakeOutcome, error?: unknown) => {
      onWake?.(claim, outcome, error);
      if (!span) return;
      tracer?.end(span, {
        ...{ name: 'wake', kind: 'client', parent: cause, startMs, endMs: clock.monotonicMs() },
        attributes: { 'elasti.held': held, 'elasti.outcome': outcome },
        ...(outcome === 'failed' ? { error: codeOf(error) ?? 'INTERNAL' } : {}),
      });
    };
    try {
      end(await wake(claim, held, span));
    } catch (error) {
      // Whoever holds the connection only tries again.
      end('failed', error);
      throw error;
    }
  };
}
