/** Seconds from a status time to now; Infinity where there is none, so that "long ago" and "never" read alike. */
export function secondsSince(time: string | Date | undefined, now: Date): number {
  if (time === undefined) return Number.POSITIVE_INFINITY;
  return (now.getTime() - new Date(time).getTime()) / 1000;
}

/** The latest of some times as milliseconds since the epoch; those that are undefined do not count. */
export function latestMs(...times: readonly (string | Date | undefined)[]): number {
  return Math.max(...times.map((time) => (time === undefined ? Number.NEGATIVE_INFINITY : new Date(time).getTime())));
}
