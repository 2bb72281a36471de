import type { Parent } from '../../src/api/hooks.ts';
import { stretchAt } from '../periods.ts';
import { inChargeOf } from '../places.ts';
import { EPOCH_MS } from '../process.ts';
import type { Site } from '../world.ts';
import { type CheckContext, SECOND, seconds, statusOf, tokenOf } from './context.ts';

/** I4 and I8: a wake that was acknowledged raises, and nothing else undoes a person's zero. */
export interface WakeChecks {
  wakeAcknowledged(site: Site, askedAtMs: number): void;
  /** Our write raises the target of these sites from 0. */
  raised(sites: readonly Site[]): void;
  everySecond(site: Site): void;
}

/** Starts the checks of wakes. */
export function checkWakes(context: CheckContext): WakeChecks {
  const { world, options, patienceMs, now, truthOf, violate } = context;
  const { targets, prometheus, settings } = world;
  // Served as soon as no zero step can be under way, by the next sync.
  const unservedMs = patienceMs + (2 * settings.zeroDeadlineSeconds + 2 * settings.pollSeconds) * SECOND;
  context.onParentChange(parentChanged);
  targets.onChange((key) => world.places.ofTarget(key).forEach(noteUnraised));

  function parentChanged(site: Site, parent: Parent | undefined): void {
    const { overwritten } = truthOf(site);
    const isOtherToken = overwritten !== undefined && tokenOf(parent) !== overwritten.token;
    if (isOtherToken && now() - overwritten.atMs > 3 * SECOND && !options.isDisturbed) {
      violate('I4 overwritten', site, 'a zero was written over a wake, and only another wake could undo it');
    }
    noteUnraised(site);
  }

  function noteUnraised(site: Site): void {
    const truth = truthOf(site);
    const parent = inChargeOf(world, site);
    const token = tokenOf(parent);
    const { phase, servedWake } = statusOf(parent);
    const pending = phase !== undefined && token !== '' && token !== servedWake ? token : undefined;
    // What is deleted can be neither raised nor up.
    const replicas = targets.get(site.targetKey)?.replicas;
    truth.unraisedSinceMs = pending !== undefined && replicas === 0 ? (truth.unraisedSinceMs ?? now()) : undefined;
    const isUnserved = pending !== undefined && (replicas ?? 0) > 0 && phase !== 'Blocked';
    const isSame = truth.unserved?.token === pending;
    truth.unserved = isUnserved ? (isSame ? truth.unserved : { atMs: now(), token: pending }) : undefined;
  }

  /** Whether there was a reason to raise a site's target, as far as that site goes. */
  function mayRaise(site: Site): boolean {
    const truth = truthOf(site);
    if (truth.zeroBy !== 'person') return true;
    const { wakeAskedAtMs, zeroAtMs, statusLostAtMs } = truth;
    const parent = inChargeOf(world, site);
    const isAsked = wakeAskedAtMs > zeroAtMs - 30 * SECOND || tokenOf(parent) !== statusOf(parent).servedWake;
    const isActive = (prometheus.saidActiveAtMs(site) ?? 0) > zeroAtMs - 10 * SECOND;
    const isLost = statusLostAtMs > zeroAtMs - 60 * SECOND || truth.deletedAtMs !== undefined;
    const isMistakable = isLost || truth.isZeroLikeOurs;
    // A zero that a person makes in the midst of a drain cannot be told from ours.
    const isInDrain = now() - zeroAtMs < 60 * SECOND || truth.lastStepMs > zeroAtMs - 20 * SECOND;
    // What stands at 0 when a period ends is raised, whoever made it so.
    const stretch = site.period && stretchAt(site.period, now());
    const isPeriodOver = stretch?.isInside === false && zeroAtMs < stretch.sinceMs + 5 * SECOND;
    return isAsked || isActive || isMistakable || isInDrain || isPeriodOver;
  }

  return {
    wakeAcknowledged: (site, askedAtMs) => {
      const parent = inChargeOf(world, site);
      const token = tokenOf(parent);
      const isThere = token !== undefined || parent === undefined;
      // Its time is the writer's, so that only a token from long before the call is none for it.
      const writtenMs = Date.parse(token?.split('/')[0] ?? '') - EPOCH_MS;
      const isFound = isThere && !(writtenMs < askedAtMs - 3 * SECOND);
      if (isFound || truthOf(site).deletedAtMs !== undefined) return;
      violate('I4 token', site, 'a wake was acknowledged without a token');
    },
    raised: (sites) => {
      if (sites.some(mayRaise)) return;
      violate('I8 raised', sites[0], "a person's zero was undone without a wake and without an active trigger");
    },
    everySecond: (site) => {
      const truth = truthOf(site);
      if (truth.unraisedSinceMs !== undefined && now() - truth.unraisedSinceMs > patienceMs) {
        violate('I4 wake', site, `a wake has been pending for ${seconds(now() - truth.unraisedSinceMs)}`);
        truth.unraisedSinceMs = undefined;
      }
      // New ports of the Service may make the slices new, and whoever redirects anew is near to a zero step again.
      const unservedSinceMs = Math.max(truth.unserved?.atMs ?? 0, truth.serviceChangedAtMs);
      if (truth.unserved && truth.deletedAtMs === undefined && now() - unservedSinceMs > unservedMs) {
        violate('I4 unserved', site, 'a wake that raised the replicas was never taken for served');
        truth.unserved = undefined;
      }
      if (truth.overwritten && now() - truth.overwritten.atMs > patienceMs) {
        violate('I4 overwritten', site, 'a zero was written over a wake and was not undone');
        truth.overwritten = undefined;
      }
    },
  };
}
