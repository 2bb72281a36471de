import { within } from '../triggers/within.ts';
import type { Clock } from './ports.ts';

/** Waits for a promise that never rejects, but no longer than ms. */
export async function waitAtMost(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  await within(clock, ms, promise);
}
