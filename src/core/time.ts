/** Seconds from a status time to now; Infinity where there is none, so that "long ago" and "never" read alike. */
export function secondsSince(time: string | Date | undefined, now: Date): number {
  return (now.getTime() - epochMs(time)) / 1000;
}

/** The latest of some times as milliseconds since the epoch; those that are undefined do not count. */
export function latestMs(...times: readonly (string | Date | undefined)[]): number {
  let latest = Number.NEGATIVE_INFINITY;
  for (const time of times) latest = Math.max(latest, epochMs(time));
  return latest;
}

function epochMs(time: string | Date | undefined): number {
  if (time === undefined) return Number.NEGATIVE_INFINITY;
  return typeof time === 'string' ? Date.parse(time) : time.getTime();
}
