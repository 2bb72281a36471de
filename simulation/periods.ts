import type { Chance } from './chance.ts';

/** When a site may sleep: from a minute on, again and again, for some minutes. */
export interface Period {
  readonly everyMinutes: number;
  readonly firstMinute: number;
  readonly minutes: number;
  readonly timeZone: string | undefined;
}

const MINUTE = 60_000;
const LENGTHS = [
  { everyMinutes: 5, minutes: 3 },
  { everyMinutes: 6, minutes: 4 },
  { everyMinutes: 10, minutes: 6 },
] as const;

/** Draws a period; all of them go up in half an hour, by which the one time zone is off. */
export function drawPeriod(chance: Chance): Period {
  const length = chance.pick(LENGTHS);
  return {
    ...length,
    firstMinute: chance.whole(0, length.everyMinutes - 1),
    timeZone: chance.is(0.3) ? 'Asia/Kolkata' : undefined,
  };
}

/** The period as an ElastiService asks for it. */
export const enabledPeriodOf = ({ everyMinutes, firstMinute, minutes, timeZone }: Period) => ({
  schedule: `${firstMinute}-59/${everyMinutes} * * * *`,
  duration: `${minutes}m`,
  ...(timeZone === undefined ? {} : { timeZone }),
});

/** Whether a time is within the period, and since when it has been so, or not. The run begins on the hour. */
export function stretchAt(
  { everyMinutes, firstMinute, minutes }: Period,
  nowMs: number,
): { readonly isInside: boolean; readonly sinceMs: number } {
  const everyMs = everyMinutes * MINUTE;
  const startMs = Math.floor((nowMs - firstMinute * MINUTE) / everyMs) * everyMs + firstMinute * MINUTE;
  const endMs = startMs + minutes * MINUTE;
  return nowMs < endMs ? { isInside: true, sinceMs: startMs } : { isInside: false, sinceMs: endMs };
}
