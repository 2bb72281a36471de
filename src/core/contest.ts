import { secondsSince } from './time.ts';
import type { View } from './view.ts';

const MAX_RAISES = 3;
/** After this long without a further raise the contest is taken for settled. */
const FORGET_SECONDS = 24 * 3600;

/** The raises by others that count: those within three cooldowns of the latest, until the spec changes or a day went by. */
export function foreignRaises({ facts, last, isSpecChanged, settings, now }: View): readonly string[] {
  const raises = last.foreignRaises ?? [];
  const latest = raises.at(-1);
  if (latest === undefined || isSpecChanged || secondsSince(latest, now) > FORGET_SECONDS) return [];
  const window = 3 * Math.max(facts.elastiService.spec.cooldownPeriod, settings.pollSeconds);
  return raises.filter((raise) => secondsSince(raise, new Date(latest)) <= window);
}

/** Whether somebody else, such as a GitOps controller, keeps raising the replicas of the sleeping target. */
export const isContested = (view: View): boolean => foreignRaises(view).length > MAX_RAISES;
