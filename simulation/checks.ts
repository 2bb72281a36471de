import type { Parent } from '../src/api/hooks.ts';
import { createLossCauses, type LossCauses } from './checks/causes.ts';
import { type CheckOptions, createCheckContext, SECOND, statusOf, type Violation } from './checks/context.ts';
import { checkDeletions } from './checks/deletion.ts';
import { checkPeriods } from './checks/periods.ts';
import { checkPorts, type PortChecks } from './checks/ports.ts';
import { checkRates } from './checks/rates.ts';
import type { Step } from './checks/site-truth.ts';
import { checkSlices } from './checks/slices.ts';
import { checkWakes, type WakeChecks } from './checks/wakes.ts';
import { checkZeros, type ZeroChecks } from './checks/zero.ts';
import type { HookAnswer } from './hooks.ts';
import { inChargeOf } from './places.ts';
import type { Site, World } from './world.ts';

/** The invariants of the protocol, checked where they could be broken, against what is really so. */
export interface Checks
  extends LossCauses,
    Pick<ZeroChecks, 'stepStarted' | 'scaleRead' | 'zeroStarted'>,
    Pick<PortChecks, 'arrived' | 'reached'>,
    Pick<WakeChecks, 'wakeAcknowledged'> {
  readonly violations: readonly Violation[];
  readonly cycles: number;
  /** A replica's write to `/scale` takes effect; `step`: the one that a zero belongs to. */
  scaled(targetKey: string, write: { from: number; to: number; step: Step | undefined }): void;
  scaledByOther(site: Site, write: { by: string; from: number; to: number }): void;
  podsChanged(site: Site, readyPods: number): void;
  podCrashed(site: Site): void;
  resolversChanged(ready: number): void;
  wakeAsked(site: Site): void;
  statusLost(site: Site): void;
  serviceChanged(site: Site): void;
  /** Somebody deleted the workload, or made it again. */
  targetChanged(site: Site, isThere: boolean): void;
  elastiServiceMade(site: Site): void;
  elastiServiceGone(site: Site, parent: Parent): void;
  /** A hook answered a request about a parent that Metacontroller had made at a time. */
  answered(key: string, parent: Parent, about: { answer: HookAnswer; madeAtMs: number }): void;
  /** Metacontroller wrote something of a site. */
  written(key: string): void;
  /** When Metacontroller wrote something of a site last. */
  lastWriteMs(site: Site): number;
  violate(name: string, site: Site | undefined, detail: string): void;
  readonly bug: (error: unknown) => void;
}

/** Starts the checks of a world. With faults on, only what must hold in spite of them is checked. */
export function createChecks(world: World, options: CheckOptions): Checks {
  const context = createCheckContext(world, options);
  const { now, truthOf, caused, violate, resolvers } = context;
  const { scheduler, settings, places } = world;
  let cycles = 0;
  checkSlices(context);
  const zeros = checkZeros(context);
  const deletions = checkDeletions(context);
  const wakes = checkWakes(context);
  const rates = checkRates(context);
  const periods = checkPeriods(context);
  const ports = checkPorts(context);

  const every = (ms: number, run: () => void) => {
    const next = () => {
      run();
      scheduler.after(ms, next);
    };
    scheduler.after(ms, next);
  };
  every(SECOND, () => {
    for (const site of world.sites) {
      wakes.everySecond(site);
      deletions.everySecond(site);
      periods.everySecond(site);
    }
  });
  every(60 * SECOND, rates.everyMinute);

  const noteZero = (site: Site, by: string) => {
    const truth = truthOf(site);
    truth.zeroBy = by;
    truth.zeroAtMs = now();
    truth.outage = by === 'elasti' ? 'ours' : by === 'person' ? 'personsZero' : 'autoscalersZero';
  };
  const noteRaise = (site: Site) => {
    const truth = truthOf(site);
    if (truth.zeroBy === 'elasti' && site.key === site.targetKey) cycles += 1;
    truth.zeroBy = undefined;
    truth.overwritten = undefined;
  };

  return {
    ...createLossCauses(context),
    violations: context.violations,
    get cycles() {
      return cycles;
    },
    violate,
    bug: (error) => violate('bug', undefined, error instanceof Error ? (error.stack ?? error.message) : String(error)),
    stepStarted: zeros.stepStarted,
    arrived: ports.arrived,
    reached: ports.reached,
    scaleRead: zeros.scaleRead,
    zeroStarted: zeros.zeroStarted,
    wakeAcknowledged: wakes.wakeAcknowledged,
    scaled: (targetKey, { from, to, step }) => {
      const sites = places.ofTarget(targetKey);
      sites.forEach(caused);
      if (to === 0 && from > 0) {
        zeros.zeroWritten(targetKey, step);
        periods.zeroWritten(targetKey, step);
        ports.zeroWritten(targetKey, step);
        for (const site of sites) noteZero(site, 'elasti');
      } else if (from === 0 && to > 0) {
        wakes.raised(sites);
        sites.forEach(noteRaise);
      }
    },
    scaledByOther: (scaled, { by, from, to }) => {
      if (to === 0 && by === 'keda') violate('I2 KEDA', scaled, 'KEDA scaled to 0 because of a pause of ours');
      const sites = places.ofTarget(scaled.targetKey);
      // Where the status says already that we put it to sleep, a zero by others cannot be told from ours.
      const isLikeOurs = sites.some((site) => statusOf(inChargeOf(world, site)).sleptBy === 'elasti');
      for (const site of sites) {
        caused(site);
        truthOf(site).isZeroLikeOurs = isLikeOurs;
        if (to === 0) noteZero(site, by);
        else if (from === 0) noteRaise(site);
      }
    },
    podsChanged: (site, readyPods) => {
      const truth = truthOf(site);
      if (truth.readyPods !== readyPods) caused(site);
      truth.readyPods = readyPods;
    },
    podCrashed: (site) => {
      const truth = truthOf(site);
      if (truth.zeroBy === undefined) truth.outage = 'podCrashed';
    },
    resolversChanged: (ready) => {
      if (ready > 0 && resolvers.goneSinceMs !== undefined) resolvers.backAtMs = now();
      resolvers.goneSinceMs = ready > 0 ? undefined : (resolvers.goneSinceMs ?? now());
      for (const site of world.sites) caused(site);
    },
    wakeAsked: (site) => {
      caused(site);
      truthOf(site).wakeAskedAtMs = now();
    },
    statusLost: (site) => {
      caused(site);
      truthOf(site).statusLostAtMs = now();
    },
    serviceChanged: (site) => {
      caused(site);
      truthOf(site).serviceChangedAtMs = now();
    },
    targetChanged: (changed, isThere) => {
      for (const site of places.ofTarget(changed.targetKey)) {
        caused(site);
        const truth = truthOf(site);
        truth.targetChangedAtMs = now();
        truth.zeroBy = undefined;
        truth.overwritten = undefined;
        truth.outage = isThere ? 'notStarted' : 'targetGone';
      }
    },
    elastiServiceMade: caused,
    elastiServiceGone: (site, parent) => {
      caused(site);
      zeros.gone(parent.metadata.uid);
      deletions.elastiServiceGone(site, parent);
    },
    answered: (key, { metadata: { uid } }, { answer, madeAtMs }) => {
      const site = places.ofElastiService(key);
      if (site === undefined) return;
      const truth = truthOf(site);
      truth.syncs += 1;
      if (truth.chargeUid !== uid) return;
      if (now() - truth.answeredAtMs > 2 * settings.pollSeconds * SECOND) truth.steadySinceMs = now();
      truth.answeredAtMs = now();
      truth.answerMadeAtMs = madeAtMs;
      truth.answeredChildren = answer.children;
    },
    written: (key) => {
      const site = places.ofElastiService(key);
      if (site === undefined) return;
      const truth = truthOf(site);
      truth.writes += 1;
      truth.lastWriteMs = now();
    },
    lastWriteMs: (site) => truthOf(site).lastWriteMs,
  };
}
