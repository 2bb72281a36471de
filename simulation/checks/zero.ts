import type { ElastiService, ScalePatch } from '../../src/core/types.ts';
import { stretchAt } from '../periods.ts';
import { inChargeOf } from '../places.ts';
import { EPOCH_MS, type Process } from '../process.ts';
import type { Site } from '../world.ts';
import { type CheckContext, SECOND, seconds, statusOf, tokenOf } from './context.ts';
import type { Step } from './site-truth.ts';

/** I2, I4 to I8 at each write of a zero: what it rests on, and what it overwrites. */
export interface ZeroChecks {
  /** A replica sets out for a step to zero; to be ended when that is over, whatever came of it. */
  stepStarted(
    site: Site,
    step: { patch: ScalePatch; by: Process; observedAtMs: number; elastiService: ElastiService },
  ): { end(): void };
  /** A replica's read of the target's `/scale` takes effect. */
  scaleRead(targetKey: string, by: Process): void;
  /** A replica begins to write 0 to a target; says for which step. */
  zeroStarted(targetKey: string, by: Process): Step | undefined;
  /** The write takes effect. */
  zeroWritten(targetKey: string, step: Step | undefined): void;
  /** The ElastiService of this uid is gone. */
  gone(uid: string): void;
}

/** A late write may take effect so long after the observation it rests on, and the proof is a little younger. */
export const PROOF_MS = 12 * SECOND;

/** Starts the checks of zeros. */
export function checkZeros(context: CheckContext): ZeroChecks {
  const { world, options, now, truthOf, violate, resolvers } = context;
  const { settings, prometheus, targets, places } = world;
  const goneUids = new Set<string>();
  const stepsOf = (targetKey: string, by: Process): readonly Step[] =>
    places.ofTarget(targetKey).flatMap((site) => [...(truthOf(site).steps.get(by) ?? [])]);

  function checkRedirection(site: Site): void {
    const { redirectedSinceMs, serviceChangedAtMs } = truthOf(site);
    // Other ports, or another Service, within the time of one zero step: nobody could have seen that.
    if (now() - serviceChangedAtMs < PROOF_MS) return;
    // The age that the guard sees is off by what the API server cuts from its times, and by the skew.
    const minDrainMs = (settings.drainSeconds - 1) * SECOND - 2 * options.maxSkewMs;
    // With the resolver gone its slices may go while a zero is on its way: they lead nowhere, and fail-open follows.
    if (redirectedSinceMs === undefined) {
      if (context.isResolverAway()) return;
      violate('I2 slices', site, 'replicas went to 0 with no slice to the resolver, or no private Service');
    } else if (now() - redirectedSinceMs < minDrainMs) {
      violate('I2 drain', site, `replicas went to 0 only ${seconds(now() - redirectedSinceMs)} after the slices`);
    }
  }

  /** One whose ElastiService is there, and was before the step could read of it. */
  function isSharing(site: Site): boolean {
    const parent = inChargeOf(world, site);
    if (parent === undefined || parent.metadata.deletionTimestamp !== undefined) return false;
    const madeMs = Date.parse(parent.metadata.creationTimestamp ?? '') - EPOCH_MS;
    return now() - Math.max(madeMs, truthOf(site).chargedAtMs) > PROOF_MS;
  }

  /** Its own drain looks at its trigger every second, and once asleep it is asked at each poll. */
  function checkSharer(site: Site): void {
    const sinceMs = prometheus.shownActiveSinceMs(site);
    if (options.isDisturbed || sinceMs === undefined || prometheus.turnedAtMs(site) > sinceMs + SECOND) return;
    if (now() - sinceMs < (2 * settings.pollSeconds + 12) * SECOND) return;
    violate(
      'I5 sharer',
      site,
      `replicas went to 0, and another Service of theirs had been active for ${seconds(now() - sinceMs)}`,
    );
  }

  function checkProof(site: Site): void {
    const truth = truthOf(site);
    const provenMs = now() - (prometheus.provenIdleAtMs(site) ?? Number.NEGATIVE_INFINITY);
    if (provenMs > PROOF_MS)
      violate('I5 proof', site, 'replicas went to 0 and Prometheus had not said that it was idle');
    const blind = prometheus.lastBlindness(site);
    const isLong = blind !== undefined && blind.toMs - blind.fromMs > (4 * settings.pollSeconds + 15) * SECOND;
    // With no resolver, in one family or in both, no sync, no Service or no workload nobody asks; what was recorded meanwhile is looked at later.
    // Nor does anybody outside of its period, which begins by the clock of whoever asks.
    const stretch = blind && site.period && stretchAt(site.period, blind.toMs + options.maxSkewMs);
    const { steadySinceMs, statusLostAtMs, serviceChangedAtMs, targetChangedAtMs } = truth;
    const notWatchedMs = Math.max(
      steadySinceMs,
      statusLostAtMs,
      serviceChangedAtMs,
      targetChangedAtMs,
      resolvers.backAtMs,
      world.families.backAtMs(),
      stretch?.sinceMs ?? Number.NEGATIVE_INFINITY,
    );
    const wasWatched = isLong && notWatchedMs < blind.fromMs;
    if (wasWatched && now() - blind.toMs < (site.cooldownSeconds - 1) * SECOND) {
      violate('I5 blind', site, `replicas went to 0 ${seconds(now() - blind.toMs)} after a long blindness`);
    }
  }

  function checkOverwritten(site: Site, step: Step): void {
    const truth = truthOf(site);
    const target = targets.get(site.targetKey);
    if (target && target.by !== 'elasti' && target.atMs > (step.readAtMs ?? target.atMs)) {
      violate('I8 overwritten', site, `a change by ${target.by} was overwritten unseen`);
    }
    const parent = inChargeOf(world, site);
    const token = tokenOf(parent);
    if (token === undefined || token === step.wakeTokens.get(site)) return;
    if (statusOf(parent).servedWake === token)
      violate('I4 served', site, 'a wake was taken for served, and then came a zero');
    truth.overwritten = { atMs: now(), token };
  }

  return {
    stepStarted: (site, { patch, by, observedAtMs, elastiService }) => {
      if (patch.kind !== 'sleep') return { end: () => {} };
      const { steps } = truthOf(site);
      const { uid, wakeToken } = elastiService;
      const tokens = places.ofTarget(site.targetKey).map((each) => [each, tokenOf(inChargeOf(world, each))] as const);
      const wakeTokens = new Map([...tokens, [site, wakeToken]]);
      const step: Step = { site, observedAtMs, readAtMs: undefined, uid, wakeTokens };
      const own = steps.get(by) ?? new Set<Step>();
      steps.set(by, own.add(step));
      truthOf(site).lastStepMs = observedAtMs;
      return { end: () => void own.delete(step) };
    },
    scaleRead: (targetKey, by) => {
      for (const step of stepsOf(targetKey, by)) step.readAtMs ??= now();
    },
    zeroStarted: (targetKey, by) => {
      // Of two that one replica is at, the younger is the one that may still write.
      const step = stepsOf(targetKey, by).reduce<Step | undefined>(
        (youngest, each) => (youngest && youngest.observedAtMs > each.observedAtMs ? youngest : each),
        undefined,
      );
      const agoMs = now() - (step?.observedAtMs ?? now());
      if (agoMs > settings.zeroDeadlineSeconds * SECOND) {
        violate('I2 deadline', step?.site, `a zero was sent ${seconds(agoMs)} after the observation that it rests on`);
      }
      return step;
    },
    zeroWritten: (targetKey, step) => {
      const sites = places.ofTarget(targetKey);
      const [owner] = sites as readonly [Site];
      const site = step?.site ?? owner;
      for (const each of sites) if (each === site || isSharing(each)) checkRedirection(each);
      for (const each of sites) if (each !== site && isSharing(each)) checkSharer(each);
      checkProof(site);
      if (resolvers.goneSinceMs !== undefined && now() - resolvers.goneSinceMs > 12 * SECOND) {
        violate('I6 resolver', site, 'replicas went to 0 with no resolver ready');
      }
      if (step === undefined) {
        violate('I2 step', site, 'replicas went to 0 outside of a zero step');
        return;
      }
      if (goneUids.has(step.uid)) violate('I7 zero', site, 'replicas went to 0 for an ElastiService that is gone');
      for (const each of sites) checkOverwritten(each, step);
    },
    gone: (uid) => void goneUids.add(uid),
  };
}
