import { KEEP_AWAKE_ANNOTATION, SLEEP_ANNOTATION } from '../api/elastiservice.ts';
import type { ElastiService } from './types.ts';

/**
 * What a person wants, by annotation.
 * - off: it never sleeps, until the annotation goes.
 * - keptAwake: likewise until then.
 * - unreadable: nobody knows, so it does not fall asleep; nor is it woken.
 * - sleepAsked: it need not wait for its cooldown. Every other guard stands.
 */
export type Will =
  | { readonly kind: 'none' }
  | { readonly kind: 'off' }
  | { readonly kind: 'keptAwake'; readonly until: Date }
  | { readonly kind: 'unreadable'; readonly annotation: string }
  | { readonly kind: 'sleepAsked' };

/** A person who asks for sleep means now, and not a quiet moment tomorrow. */
const ASKED_SECONDS = 600;
/** Whose clock is ahead of ours has not asked in the future. */
const AHEAD_SECONDS = 60;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

/** What a person wants of an ElastiService at the moment; what keeps it awake counts before what lets it sleep. */
export function willOf(
  elastiService: Pick<ElastiService, 'keepAwakeUntil' | 'sleepSwitch' | 'status'>,
  now: Date,
): Will {
  const { keepAwakeUntil = '', sleepSwitch = '', status } = elastiService;
  if (sleepSwitch.toLowerCase() === 'off') return { kind: 'off' };
  const until = parseTime(keepAwakeUntil);
  if (keepAwakeUntil !== '' && until === undefined) return { kind: 'unreadable', annotation: KEEP_AWAKE_ANNOTATION };
  if (until !== undefined && until > now) return { kind: 'keptAwake', until };
  const asked = parseTime(sleepSwitch);
  if (sleepSwitch !== '' && asked === undefined) return { kind: 'unreadable', annotation: SLEEP_ANNOTATION };
  if (asked === undefined) return { kind: 'none' };
  const askedSeconds = (now.getTime() - asked.getTime()) / 1000;
  // Whatever brought it up since then came after the person had asked.
  const isSpent = status?.lastScaledUpTime !== undefined && Date.parse(status.lastScaledUpTime) > asked.getTime();
  const isRecent = askedSeconds < ASKED_SECONDS && askedSeconds >= -AHEAD_SECONDS;
  return isRecent && !isSpent ? { kind: 'sleepAsked' } : { kind: 'none' };
}

/** Whether a person keeps it up: what we put to sleep is raised then. */
export const isKeptUp = ({ kind }: Will): boolean => kind === 'off' || kind === 'keptAwake';

/** Whether it must not fall asleep for a person's sake. */
export const isAgainstSleep = (will: Will): boolean => isKeptUp(will) || will.kind === 'unreadable';

/** For how long the triggers must have been idle, in seconds. */
export const cooldownSecondsOf = ({ spec }: Pick<ElastiService, 'spec'>, will: Will): number =>
  will.kind === 'sleepAsked' ? 0 : spec.cooldownPeriod;

function parseTime(text: string): Date | undefined {
  const time = new Date(TIME.test(text) ? text : Number.NaN);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
