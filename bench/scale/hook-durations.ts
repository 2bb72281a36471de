import { SERVER_PORT } from './bench-world.ts';

/** How many hook calls took at most so many seconds, by the bounds of the histogram. */
export type Durations = ReadonlyMap<number, number>;

export async function hookDurations(hook: 'sync'): Promise<Durations> {
  const metrics = await (await fetch(`http://127.0.0.1:${SERVER_PORT}/metrics`)).text();
  const bucket = /^elasti_sync_duration_seconds_bucket\{le="([^"]+)",hook="([^"]+)"\} (\d+)$/gm;
  const durations = new Map<number, number>();
  for (const [, bound, name, count] of metrics.matchAll(bucket)) {
    if (name === hook) durations.set(bound === '+Inf' ? Number.POSITIVE_INFINITY : Number(bound), Number(count));
  }
  return durations;
}

/** The bound that a share `q` of the calls between the two did not exceed. */
export function quantileOf(before: Durations, after: Durations, q: number): number {
  const added = [...after].map(([bound, count]) => [bound, count - (before.get(bound) ?? 0)] as const);
  const total = Math.max(0, ...added.map(([, count]) => count));
  return added.find(([, count]) => count >= q * total)?.[0] ?? Number.NaN;
}
