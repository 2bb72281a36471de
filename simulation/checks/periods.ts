import { stretchAt } from '../periods.ts';
import { inChargeOf } from '../places.ts';
import type { Site } from '../world.ts';
import { type CheckContext, SECOND, seconds } from './context.ts';
import type { Step } from './site-truth.ts';

/** Enabled periods: nothing falls asleep outside of one, and what sleeps is raised when it ends. */
export interface PeriodChecks {
  /** A zero of ours takes effect. */
  zeroWritten(targetKey: string, step: Step | undefined): void;
  everySecond(site: Site): void;
}

/** What a zero rests on may be so old, and its clock so wrong. */
const STALE_MS = 12 * SECOND;
const LATE_MS = 5 * SECOND;

/** Starts the checks of periods. */
export function checkPeriods({
  world,
  options,
  patienceMs,
  now,
  truthOf,
  caused,
  violate,
}: CheckContext): PeriodChecks {
  const wasInside = new Map<Site, boolean>();

  const outsideMs = ({ period }: Site): number => {
    const stretch = period && stretchAt(period, now());
    return stretch === undefined || stretch.isInside ? 0 : now() - stretch.sinceMs;
  };
  const isManaged = (site: Site): boolean => {
    const parent = inChargeOf(world, site);
    return parent !== undefined && parent.metadata.deletionTimestamp === undefined;
  };

  return {
    zeroWritten: (targetKey, step) => {
      for (const site of world.places.ofTarget(targetKey)) {
        // Of another on the same target its status tells, and that may be old.
        if ((step?.site !== site && options.isDisturbed) || !isManaged(site)) continue;
        const ms = outsideMs(site);
        if (ms > STALE_MS) violate('period zero', site, `replicas went to 0 ${seconds(ms)} after the period's end`);
      }
    },
    everySecond: (site) => {
      if (site.period === undefined) return;
      const ms = outsideMs(site);
      if (wasInside.get(site) !== (ms === 0)) caused(site);
      wasInside.set(site, ms === 0);
      const { zeroBy, zeroAtMs, statusLostAtMs } = truthOf(site);
      // Who made the zero stands in the status alone.
      const isOurs = zeroBy === 'elasti' && statusLostAtMs < zeroAtMs && isManaged(site);
      const isLate = Math.min(ms, now() - zeroAtMs) > patienceMs + LATE_MS;
      if (!isOurs || !isLate) return;
      violate('period asleep', site, `it sleeps ${seconds(ms)} after the period's end`);
      truthOf(site).zeroBy = undefined;
    },
  };
}
