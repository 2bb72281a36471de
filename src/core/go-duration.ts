const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  µs: 1e-6,
  μs: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
};
const PARTS = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/y;
/** Go keeps durations as nanoseconds in an int64. */
const MAX_SECONDS = 9_223_372_036;

/** Seconds of a duration in Go's syntax without sign, such as 1h30m; undefined where it is none. */
export function parseGoDuration(text: string): number | undefined {
  if (text === '0') return 0;
  const parts = new RegExp(PARTS);
  let seconds = 0;
  do {
    const part = parts.exec(text);
    if (part === null) return undefined;
    seconds += Number(part[1]) * (UNIT_SECONDS[part[2] as string] as number);
  } while (parts.lastIndex < text.length);
  return seconds <= MAX_SECONDS ? seconds : undefined;
}
