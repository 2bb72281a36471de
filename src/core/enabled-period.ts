import { Cron } from 'croner';
import { CRON_SHAPE, type EnabledPeriod } from '../api/elastiservice.ts';
import { parseGoDuration } from './go-duration.ts';
import { createRecent } from './recent.ts';

/** Inside or outside the period, and of its times those that decisions need: each is a question to croner, which is dear. */
export type EnabledPeriodState =
  | {
      readonly isInside: true;
      /** End of the current stretch; undefined: it has none, or none within the starts that are looked at. */
      readonly until: Date | undefined;
    }
  | {
      readonly isInside: false;
      /** End of the last stretch and start of the next; undefined: there is none. */
      readonly since: Date | undefined;
      readonly until: Date | undefined;
    }
  | { readonly error: string };

const MINUTE_MS = 60_000;
const DAY_SECONDS = 86_400;
/** Overlapping periods are followed over this many of their starts: each costs about 0.1 ms. */
const MAX_STARTS = 48;
const ALWAYS: EnabledPeriodState = { isInside: true, until: undefined };

/** What was last said of a period, and for which minutes. */
interface Known {
  readonly minute: number;
  readonly startMinute: number;
  readonly state: EnabledPeriodState;
}

// Each sync asks again, and no answer changes within a minute. Many services have the same few periods.
const known = createRecent<Known>(10_000);

/** Where `now` stands in the period. Without a period one is always inside. */
export function enabledPeriodAt(period: EnabledPeriod | undefined, now: Date): EnabledPeriodState {
  if (period === undefined) return ALWAYS;
  const durationSeconds = parseGoDuration(period.duration);
  if (durationSeconds === undefined) return { error: 'enabledPeriod.duration is not a duration such as 8h or 1h30m' };
  // Starts are whole minutes: all that counts is which minute it is, and which it was so long ago.
  const minute = minuteOf(now.getTime());
  const startMinute = minuteOf(now.getTime() - durationSeconds * 1000);
  const key = JSON.stringify([period.schedule, period.duration, period.timeZone]);
  const before = known.get(key);
  if (before?.minute === minute && before.startMinute === startMinute) return before.state;
  const state = evaluate(period, durationSeconds, now);
  known.set(key, { minute, startMinute, state });
  return state;
}

function evaluate(period: EnabledPeriod, durationSeconds: number, now: Date): EnabledPeriodState {
  const schedule = readSchedule(period, now);
  if ('error' in schedule) return schedule;

  // A period without length contains no moment.
  if (durationSeconds === 0) return { isInside: false, since: undefined, until: undefined };
  // Every day for a day or more: the day that has 25 hours belongs to it as a whole.
  if (durationSeconds >= DAY_SECONDS && isEveryDay(period.schedule)) return ALWAYS;

  const durationMs = durationSeconds * 1000;
  const nowMs = now.getTime();
  // The first whose period is not over: it has begun, or it is the next.
  const start = schedule.firstAfter(nowMs - durationMs);
  if (start !== undefined && start <= nowMs) return { isInside: true, until: lastEnd(schedule, start, durationMs) };
  const latest = schedule.latestUpTo(nowMs);
  return {
    isInside: false,
    since: latest === undefined ? undefined : new Date(latest + durationMs),
    until: start === undefined ? undefined : new Date(start),
  };
}

interface Schedule {
  /** The latest start at or before a time, in milliseconds. */
  latestUpTo(ms: number): number | undefined;
  /** The first start after a time, in milliseconds. */
  firstAfter(ms: number): number | undefined;
}

function readSchedule(period: EnabledPeriod, now: Date): Schedule | { error: string } {
  const cron = readCron(period);
  if (cron === undefined) return { error: 'enabledPeriod.schedule is not a cron expression of five fields' };
  if (period.timeZone && !isZoneKnown(cron, now))
    return { error: 'enabledPeriod.timeZone is not an IANA time zone such as Europe/Berlin' };
  return {
    // croner answers strictly before and strictly after a time, by the second; starts are whole minutes.
    latestUpTo: (ms) => cron.previousRuns(1, minuteAfter(ms))[0]?.getTime(),
    firstAfter: (ms) => cron.nextRun(new Date(minuteAfter(ms).getTime() - 1000))?.getTime(),
  };
}

function readCron({ schedule, timeZone }: EnabledPeriod): Cron | undefined {
  if (!CRON_SHAPE.test(schedule)) return undefined;
  try {
    // Without a function to run nothing is ever scheduled. No time zone at all would mean the one of this process.
    // sloppyRanges: KubeElasti's cron reads 5/15 as 5-59/15.
    return new Cron(schedule.trim(), { timezone: timeZone || 'UTC', mode: '5-part', sloppyRanges: true });
  } catch {
    return undefined;
  }
}

/** croner meets the zone only when it runs; asking it costs a twentieth of making an Intl.DateTimeFormat. */
function isZoneKnown(cron: Cron, now: Date): boolean {
  try {
    cron.nextRun(now);
    return true;
  } catch {
    return false;
  }
}

const isEveryDay = (schedule: string) => /^\S+\s+\S+(\s+[*?]){3}$/.test(schedule.trim());

/** End of the merged stretch: as long as a period begins before its end, that one's end counts. */
function lastEnd(schedule: Schedule, first: number, durationMs: number): Date | undefined {
  let start = first;
  for (let i = 0; i < MAX_STARTS; i++) {
    const later = schedule.latestUpTo(start + durationMs);
    if (later === undefined || later <= start) return new Date(start + durationMs);
    start = later;
  }
  return undefined;
}

const minuteOf = (ms: number) => Math.floor(ms / MINUTE_MS);
const minuteAfter = (ms: number) => new Date((minuteOf(ms) + 1) * MINUTE_MS);
