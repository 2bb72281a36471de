import { secondsSince } from './time.ts';
import type { View } from './view.ts';

/** So many in a row, and it is no person who wakes a service now and then. */
const ENOUGH = 4;
/** After this long without a further raise the contest is taken for settled. */
const FORGET_SECONDS = 24 * 3600;

/**
 * The raises by others that count: the latest, and those before it in a row, each within three cooldowns (and what falling asleep takes beside
 * it) of the next; until the spec changes or a day went by. A raise begins a cooldown, so that a row of them cannot be shorter than that.
 */
export function foreignRaises({ facts, last, isSpecChanged, settings, now }: View): readonly string[] {
  const raises = last.foreignRaises ?? [];
  const latest = raises.at(-1);
  if (latest === undefined || isSpecChanged || secondsSince(latest, now) > FORGET_SECONDS) return [];
  const { pollSeconds, drainSeconds, settleSeconds, clockSkewSeconds } = settings;
  const cooldownSeconds = Math.max(facts.elastiService.spec.cooldownPeriod, pollSeconds);
  const gapSeconds = 3 * (cooldownSeconds + drainSeconds + settleSeconds + 2 * clockSkewSeconds);
  const isApart = (raise: string, next: string) => secondsSince(raise, new Date(next)) > gapSeconds;
  const first = raises.findLastIndex((raise, index) => isApart(raise, raises[index + 1] ?? raise)) + 1;
  // More than are enough tell nothing more.
  return raises.slice(Math.max(first, raises.length - ENOUGH));
}

/** Whether somebody else, such as a GitOps controller, keeps raising the replicas of the sleeping target. */
export const isContested = (view: View): boolean => foreignRaises(view).length >= ENOUGH;
