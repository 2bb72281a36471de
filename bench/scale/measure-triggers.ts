import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchWorld } from './bench-world.ts';
import { hookDurations, quantileOf } from './hook-durations.ts';
import type { Delay } from './prometheus.ts';

export interface TriggerPass {
  readonly delay: Delay;
  /** Seconds until the query of each ElastiService had been answered; undefined where some were not within the time given. */
  readonly seconds: number | undefined;
  /** Of all queries, how many were answered within one polling interval. */
  readonly answeredInOnePoll: number;
  /** An upper bound of what 99 of 100 syncs took, from the service's own histogram. */
  readonly syncP99Seconds: number;
}

const POLLS = 3;
const LOOK_MS = 100;

/** Lets Prometheus answer so late, and watches how long a pass over the triggers of all takes. */
export async function measureTriggerPass(
  { prometheus }: Pick<BenchWorld, 'prometheus'>,
  { services, pollSeconds, delay }: { readonly services: number; readonly pollSeconds: number; readonly delay: Delay },
): Promise<TriggerPass> {
  const before = await hookDurations('sync');
  prometheus.delayBy(delay);
  const counted = prometheus.count();
  const startedAtMs = performance.now();
  const secondsSoFar = () => (performance.now() - startedAtMs) / 1000;
  let seconds: number | undefined;
  let answeredInOnePoll = 0;
  const endSeconds = delay === 'never' ? pollSeconds : POLLS * pollSeconds;
  while (secondsSoFar() < endSeconds && seconds === undefined) {
    if (counted.answered() >= services) seconds = secondsSoFar();
    if (secondsSoFar() <= pollSeconds) answeredInOnePoll = counted.answered();
    await sleep(LOOK_MS);
  }
  const after = await hookDurations('sync');
  prometheus.delayBy(5);
  return { delay, seconds, answeredInOnePoll, syncP99Seconds: quantileOf(before, after, 0.99) };
}
