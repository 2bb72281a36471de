import { setTimeout as sleep } from 'node:timers/promises';

type Truthy<T> = Exclude<T, false | null | undefined | 0 | ''>;

export class WaitTimeoutError extends Error {
  override readonly name = 'WaitTimeoutError';
}

/** Resolves to the first truthy value of `probe`; a throwing, hanging or falsy probe is asked again until `timeoutMs` is over. */
export async function until<T>(
  what: string,
  probe: () => T | Promise<T>,
  options: { timeoutMs?: number; everyMs?: number } = {},
): Promise<Truthy<Awaited<T>>> {
  const { timeoutMs = 30_000, everyMs = 100 } = options;
  const endsAt = performance.now() + timeoutMs;
  let lastError: unknown;
  for (;;) {
    const leftMs = endsAt - performance.now();
    try {
      const value = await bounded(probe, Math.max(leftMs, everyMs));
      if (value) return value as Truthy<Awaited<T>>;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (performance.now() + everyMs > endsAt) {
      const reason = lastError instanceof Error ? `: ${lastError.message}` : '';
      throw new WaitTimeoutError(`timed out after ${timeoutMs} ms waiting for ${what}${reason}`, { cause: lastError });
    }
    await sleep(everyMs);
  }
}

async function bounded<T>(probe: () => T | Promise<T>, timeoutMs: number): Promise<T> {
  const timer = new AbortController();
  const tooLate = sleep(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`one attempt took longer than ${Math.round(timeoutMs)} ms`);
  });
  try {
    // A probe that throws at once has to lose the race, too, or nobody would observe the timer.
    return await Promise.race([(async () => probe())(), tooLate]);
  } finally {
    // The loser's rejection (aborted timer) has been observed by the race already.
    timer.abort();
  }
}
