import { setTimeout as sleep } from 'node:timers/promises';

/** Far more than anything takes, also where the machine is busy. */
const LIMIT_MS = 30_000;

/** Waits for a condition; says which one it was where it does not come true. */
export async function until(what: string, isTrue: () => boolean): Promise<void> {
  const endsAtMs = performance.now() + LIMIT_MS;
  while (!isTrue()) {
    if (performance.now() > endsAtMs) throw new Error(`waited in vain until ${what}`);
    await sleep(2);
  }
}
