const UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['m', 60],
] as const;

/** A length of time for people, in its two largest units: 2d3h, 15m, 40s. */
export function formatSeconds(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const first = UNITS.findIndex(([, size]) => whole >= size);
  if (first === -1) return `${whole}s`;
  const [unit, size] = UNITS[first] as (typeof UNITS)[number];
  const [nextUnit, nextSize] = UNITS[first + 1] ?? (['s', 1] as const);
  const rest = Math.floor((whole % size) / nextSize);
  return `${Math.floor(whole / size)}${unit}${rest > 0 ? `${rest}${nextUnit}` : ''}`;
}

/** How long ago a time was; `-` where there is none. */
export function formatAge(time: string | undefined, now: Date): string {
  const ms = Date.parse(time ?? '');
  return Number.isNaN(ms) ? '-' : formatSeconds((now.getTime() - ms) / 1000);
}

/** A moment for people, with how far away it is: 2026-03-01 12:00:00Z (in 5m). */
export function formatMoment(time: string, now: Date): string {
  const ms = Date.parse(time);
  if (Number.isNaN(ms)) return time;
  const seconds = (ms - now.getTime()) / 1000;
  const distance = seconds >= 0 ? `in ${formatSeconds(seconds)}` : `${formatSeconds(-seconds)} ago`;
  return `${new Date(ms).toISOString().replace('T', ' ').slice(0, 19)}Z (${distance})`;
}

/** One thing or several of them. */
export const countOf = (count: number, one: string, several = `${one}s`): string =>
  `${count} ${count === 1 ? one : several}`;

/** A message as part of a longer sentence: some end in a full stop of their own. */
export const withoutStop = (message: string): string => message.replace(/\.$/, '');
