import { setTimeout as sleep } from 'node:timers/promises';

const MAX_WAIT_MS = 90_000;
const EVERY_MS = 20;

/** Resolves with what the condition gives once that is neither false nor undefined. */
export async function until<T>(what: string, condition: () => T | Promise<T>): Promise<Exclude<T, false | undefined>> {
  const endsAtMs = performance.now() + MAX_WAIT_MS;
  for (;;) {
    const found = await condition();
    if (found !== false && found !== undefined) return found as Exclude<T, false | undefined>;
    if (performance.now() > endsAtMs) throw new Error(`waited in vain until ${what}`);
    await sleep(EVERY_MS);
  }
}
