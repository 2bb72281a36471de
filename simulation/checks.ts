import { WAKE_ANNOTATION } from '../src/api/elastiservice.ts';
import type { Child, Parent } from '../src/api/hooks.ts';
import { PAUSED_BY_ANNOTATION } from '../src/api/keda.ts';
import { privateServiceName } from '../src/core/names.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, readyEndpoints } from '../src/core/resources/resolver-slices.ts';
import type { ElastiService, ScalePatch } from '../src/core/types.ts';
import { isOwnedBy } from './controller-children.ts';
import { sliceKeyOf } from './elasti-services.ts';
import type { HookAnswer } from './hooks.ts';
import type { Cause } from './ledger.ts';
import { annotationsOf, keyOf } from './objects.ts';
import type { Process } from './process.ts';
import { createSiteTruth, type SiteTruth } from './site-truth.ts';
import { SERVICE, type Site, type World } from './world.ts';

export interface Violation {
  /** Begins with the invariant, such as `I2 drain`. */
  readonly name: string;
  readonly site: Site | undefined;
  readonly atMs: number;
  readonly detail: string;
}

/** The invariants of the protocol, checked where they could be broken, against what is really so. */
export interface Checks {
  readonly violations: readonly Violation[];
  readonly cycles: number;
  patched(
    site: Site,
    step: { patch: ScalePatch; by: Process; observedAtMs: number; elastiService: ElastiService },
  ): void;
  /** A replica's read of `/scale` takes effect. */
  scaleRead(site: Site, by: Process): void;
  /** A replica begins to write 0. */
  zeroStarted(site: Site, by: Process): void;
  /** A replica's write to `/scale` takes effect. */
  scaled(site: Site, write: { by: Process; from: number; to: number; startedAtMs: number }): void;
  scaledByOther(site: Site, write: { by: string; from: number; to: number }): void;
  podsChanged(site: Site, readyPods: number): void;
  podCrashed(site: Site): void;
  resolversChanged(ready: number): void;
  wakeAsked(site: Site): void;
  wakeAcknowledged(site: Site, askedAtMs: number): void;
  statusLost(site: Site): void;
  elastiServiceGone(site: Site, parent: Parent): void;
  answered(key: string, answer: HookAnswer): void;
  /** Metacontroller wrote something of a site. */
  written(key: string): void;
  /** When Metacontroller wrote something of a site last. */
  lastWriteMs(site: Site): number;
  causeOfNoEndpoint(site: Site): Cause;
  /** Why nothing else could take a connection that went to a pod which had left in good order. */
  causeOfStalePod(site: Site): Cause;
  /** Why connections still went to a resolver that began to leave at a time. */
  causeOfStaleResolver(site: Site, resolver: { readonly address: string; readonly leftAtMs: number }): Cause;
  /** Whether there is an ElastiService that is not being deleted, and has been for a little while. */
  isManaged(site: Site): boolean;
  violate(name: string, site: Site | undefined, detail: string): void;
  readonly bug: (error: unknown) => void;
}

const SECOND = 1000;
/** A late write may take effect so long after the observation it rests on, and the proof is a little younger. */
const PROOF_MS = 12 * SECOND;
/** kube-proxy's sync, its delay, and a watch that lags: until then a redirection does not yet hold everywhere. */
const PROGRAMMED_MS = 5 * SECOND;
/** For so long an answer may rest on what is no longer so. */
const UNSEEN_MS = 3 * SECOND;
const MAX_WRITES_PER_MINUTE = 90;
const MAX_SYNCS_PER_MINUTE = 400;

/** Starts the checks of a world. With faults on, only what must hold in spite of them is checked. */
export function createChecks(
  world: World,
  options: {
    readonly isWithFaults: boolean;
    /** The machinery itself fails: then things may take their time. */
    readonly isDisturbed: boolean;
    readonly maxSkewMs: number;
  },
): Checks {
  const { scheduler, settings, elastiServices, targets, slices, services, scaledObjects, prometheus } = world;
  const truths = new Map(world.sites.map((site) => [site.key, createSiteTruth()]));
  const violations: Violation[] = [];
  const goneUids = new Map<string, number>();
  let cycles = 0;
  let resolversGoneSinceMs: number | undefined;
  let resolversBackAtMs = 0;
  const patienceMs = (options.isDisturbed ? 200 : 3) * SECOND;

  const now = () => scheduler.nowMs();
  const isResolverAway = () => resolversGoneSinceMs !== undefined || now() - resolversBackAtMs < 10 * SECOND;
  const truthOf = ({ key }: Site) => truths.get(key) as SiteTruth;
  const violate = (name: string, site: Site | undefined, detail: string) => {
    world.tell(site, 'check', () => `VIOLATION ${name}: ${detail}`);
    violations.push({ name, site, atMs: now(), detail });
  };
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  const tokenOf = (parent: Parent | undefined) => parent?.metadata.annotations?.[WAKE_ANNOTATION];
  const statusOf = (parent: Parent | undefined) => (parent?.status ?? {}) as { phase?: string; servedWake?: string };

  const onSiteChange = (run: (site: Site) => void) => (key: string) => {
    const site = world.siteOf.get(keyOf(key.slice(0, key.indexOf('/')), SERVICE));
    if (site) run(site);
  };
  slices.onChange(onSiteChange(slicesChanged));
  services.onChange(onSiteChange(slicesChanged));
  elastiServices.onChange((key, parent) => onSiteChange((site) => parentChanged(site, parent))(key));
  targets.onChange(onSiteChange(noteUnraised));

  function slicesChanged(site: Site): void {
    const truth = truthOf(site);
    const own = slices.get(keyOf(site.namespace, `${SERVICE}-own`));
    const isReady = own !== undefined && readyEndpoints(own).length > 0;
    if (!isReady && truth.readySinceMs !== undefined) truth.lastReadyMs = now();
    truth.readySinceMs = isReady ? (truth.readySinceMs ?? now()) : undefined;
    const ours = slices.get(sliceKeyOf(site));
    const privateService = services.get(keyOf(site.namespace, privateServiceName(SERVICE)));
    const isThere = ours !== undefined && readyEndpoints(ours).length > 0;
    if (!isThere && truth.redirectedSinceMs !== undefined) {
      truth.lastRedirectedMs = now();
      if (ours === undefined) dropped(site, truth);
    }
    const isRedirected = isThere && privateService !== undefined;
    truth.redirectedSinceMs = isRedirected ? (truth.redirectedSinceMs ?? now()) : undefined;
  }

  /** Our slice is gone: pods must serve, and must have done so for the settle time. */
  function dropped(site: Site, truth: SiteTruth): void {
    const parent = elastiServices.get(site.key);
    const isGone = parent === undefined || parent.metadata.deletionTimestamp !== undefined;
    const replicas = targets.get(site.key)?.replicas;
    if (replicas === undefined) return;
    // A resolver that is gone holds nobody, and its slices come again with it.
    if (replicas === 0 && !isResolverAway() && truth.zeroBy === 'elasti') {
      violate('I1 dropped asleep', site, 'the slices were dropped while the target stood at our zero');
      return;
    }
    if (truth.zeroBy !== undefined) return;
    if (isGone && truth.deletedAtMs !== undefined && now() - truth.deletedAtMs > 115 * SECOND) return;
    const staleMs = (options.isWithFaults ? 10 : 1.5) * SECOND;
    const wasReady = truth.readySinceMs !== undefined || now() - truth.lastReadyMs < staleMs;
    if (!wasReady) violate('I3 not ready', site, 'the slices were dropped with no ready endpoint');
    if (!wasReady) return;
    // What happens to the pods from here on has a cause of its own.
    truth.outage = 'notStarted';
    if (isResolverAway() || truth.readySinceMs === undefined) return;
    const readyMs = now() - truth.readySinceMs;
    const wantedMs = (settings.settleSeconds + settings.clockSkewSeconds) * SECOND - 2 * options.maxSkewMs;
    // A flap that nobody saw happen leaves the settle time as it was.
    const mayHaveFlapped = options.isWithFaults && now() - truth.crashedAtMs < 70 * SECOND;
    if (readyMs < wantedMs && !mayHaveFlapped) {
      violate('I3 settle', site, `the slices were dropped ${seconds(readyMs)} after the first ready endpoint`);
    }
  }

  function parentChanged(site: Site, parent: Parent | undefined): void {
    const truth = truthOf(site);
    // One whose status has yet to be written looks like one whose status was lost.
    if (parent !== undefined && parent.status === undefined) truth.statusLostAtMs = now();
    const isDeleted = parent?.metadata.deletionTimestamp !== undefined;
    truth.deletedAtMs = isDeleted ? (truth.deletedAtMs ?? now()) : undefined;
    const token = tokenOf(parent);
    const { overwritten } = truth;
    if (overwritten && token !== overwritten.token && now() - overwritten.atMs > 3 * SECOND && !options.isDisturbed) {
      violate('I4 overwritten', site, 'a zero was written over a wake, and only another wake could undo it');
    }
    noteUnraised(site);
  }

  function noteUnraised(site: Site): void {
    const truth = truthOf(site);
    const parent = elastiServices.get(site.key);
    const token = tokenOf(parent);
    const { phase, servedWake } = statusOf(parent);
    const isPending = phase !== undefined && token !== undefined && token !== '' && token !== servedWake;
    const isUnraised = isPending && targets.get(site.key)?.replicas === 0;
    truth.unraisedSinceMs = isUnraised ? (truth.unraisedSinceMs ?? now()) : undefined;
  }

  function checkZero(site: Site, by: Process): void {
    const truth = truthOf(site);
    const parent = elastiServices.get(site.key);
    // The age that the guard sees is off by what the API server cuts from its times, and by the skew.
    const minDrainMs = (settings.drainSeconds - 1) * SECOND - 2 * options.maxSkewMs;
    // With the resolver gone its slices may go while a zero is on its way: they lead nowhere, and fail-open follows.
    if (truth.redirectedSinceMs === undefined) {
      if (!isResolverAway()) {
        violate('I2 slices', site, 'replicas went to 0 with no slice to the resolver, or no private Service');
      }
    } else if (now() - truth.redirectedSinceMs < minDrainMs) {
      violate('I2 drain', site, `replicas went to 0 only ${seconds(now() - truth.redirectedSinceMs)} after the slices`);
    }
    const provenMs = now() - (prometheus.provenIdleAtMs(site) ?? Number.NEGATIVE_INFINITY);
    if (provenMs > PROOF_MS)
      violate('I5 proof', site, 'replicas went to 0 and Prometheus had not said that it was idle');
    const blind = prometheus.lastBlindness(site);
    const isLong = blind !== undefined && blind.toMs - blind.fromMs > (4 * settings.pollSeconds + 15) * SECOND;
    // With no resolver, or no sync, nobody asks; what was recorded meanwhile is looked at afterwards.
    const notWatchedMs = Math.max(truth.steadySinceMs, truth.statusLostAtMs, resolversBackAtMs);
    const wasWatched = isLong && notWatchedMs < blind.fromMs;
    if (wasWatched && now() - blind.toMs < (site.cooldownSeconds - 1) * SECOND) {
      violate('I5 blind', site, `replicas went to 0 ${seconds(now() - blind.toMs)} after a long blindness`);
    }
    if (resolversGoneSinceMs !== undefined && now() - resolversGoneSinceMs > 12 * SECOND) {
      violate('I6 resolver', site, 'replicas went to 0 with no resolver ready');
    }
    const step = truth.steps.get(by.name);
    if (step === undefined) {
      violate('I2 step', site, 'replicas went to 0 outside of a zero step');
      return;
    }
    if (goneUids.has(step.uid)) violate('I7 zero', site, 'replicas went to 0 for an ElastiService that is gone');
    const target = targets.get(site.key);
    if (target && target.by !== 'elasti' && target.atMs > (step.readAtMs ?? target.atMs)) {
      violate('I8 overwritten', site, `a change by ${target.by} was overwritten unseen`);
    }
    const token = tokenOf(parent);
    if (token === undefined || token === step.wakeToken) return;
    if (statusOf(parent).servedWake === token)
      violate('I4 served', site, 'a wake was taken for served, and then came a zero');
    truth.overwritten = { atMs: now(), token };
  }

  function checkRaise(site: Site): void {
    const truth = truthOf(site);
    if (truth.zeroBy !== 'person') return;
    const { wakeAskedAtMs, zeroAtMs, statusLostAtMs } = truth;
    const parent = elastiServices.get(site.key);
    const { servedWake } = statusOf(parent);
    const isAsked = wakeAskedAtMs > zeroAtMs - 30 * SECOND || tokenOf(parent) !== servedWake;
    const isActive = (prometheus.saidActiveAtMs(site) ?? 0) > zeroAtMs - 10 * SECOND;
    const isMistakable = statusLostAtMs > zeroAtMs - 60 * SECOND || truth.deletedAtMs !== undefined;
    // A zero that a person makes in the midst of a drain cannot be told from ours.
    const isInDrain =
      now() - zeroAtMs < 60 * SECOND || [...truth.steps.values()].some((s) => s.observedAtMs > zeroAtMs - 20 * SECOND);
    if (isAsked || isActive || isMistakable || isInDrain) return;
    violate('I8 raised', site, "a person's zero was undone without a wake and without an active trigger");
  }

  function everySecond(): void {
    for (const site of world.sites) {
      const truth = truthOf(site);
      if (truth.unraisedSinceMs !== undefined && now() - truth.unraisedSinceMs > patienceMs) {
        violate('I4 wake', site, `a wake has been pending for ${seconds(now() - truth.unraisedSinceMs)}`);
        truth.unraisedSinceMs = undefined;
      }
      if (truth.overwritten && now() - truth.overwritten.atMs > patienceMs) {
        violate('I4 overwritten', site, 'a zero was written over a wake and was not undone');
        truth.overwritten = undefined;
      }
      const goneMs = resolversGoneSinceMs === undefined ? 0 : now() - resolversGoneSinceMs;
      const openMs = (settings.resolverGoneSeconds + 2 * settings.pollSeconds) * SECOND + patienceMs;
      if (goneMs > openMs && truth.zeroBy === 'elasti' && truth.deletedAtMs === undefined) {
        violate('I6 fail-open', site, `no resolver has been ready for ${seconds(goneMs)}, and it still sleeps`);
        truth.zeroBy = undefined;
      }
      const deletedMs = truth.deletedAtMs === undefined ? 0 : now() - truth.deletedAtMs;
      if (deletedMs > (options.isDisturbed ? 720 : 150) * SECOND) {
        violate('I7 stuck', site, `the finalizer has been there for ${seconds(deletedMs)}`);
        truth.deletedAtMs = undefined;
      }
    }
    scheduler.after(SECOND, everySecond);
  }
  scheduler.after(SECOND, everySecond);

  function everyMinute(): void {
    for (const site of world.sites) {
      const truth = truthOf(site);
      if (truth.writes > MAX_WRITES_PER_MINUTE) violate('I9 writes', site, `${truth.writes} writes within a minute`);
      if (truth.syncs > MAX_SYNCS_PER_MINUTE) violate('I9 syncs', site, `${truth.syncs} syncs within a minute`);
      truth.writes = 0;
      truth.syncs = 0;
    }
    scheduler.after(60 * SECOND, everyMinute);
  }
  scheduler.after(60 * SECOND, everyMinute);

  const noteZero = (site: Site, by: string) => {
    const truth = truthOf(site);
    truth.zeroBy = by;
    truth.zeroAtMs = now();
    truth.outage = by === 'elasti' ? 'ours' : by === 'person' ? 'personsZero' : 'autoscalersZero';
  };
  const noteRaise = (site: Site) => {
    const truth = truthOf(site);
    if (truth.zeroBy === 'elasti') cycles += 1;
    truth.zeroBy = undefined;
    truth.overwritten = undefined;
  };

  return {
    violations,
    get cycles() {
      return cycles;
    },
    violate,
    bug: (error) => violate('bug', undefined, error instanceof Error ? (error.stack ?? error.message) : String(error)),
    patched: (site, { patch, by, observedAtMs, elastiService }) => {
      if (patch.kind !== 'sleep') return;
      const { uid, wakeToken } = elastiService;
      truthOf(site).steps.set(by.name, { observedAtMs, readAtMs: undefined, uid, wakeToken });
    },
    scaleRead: (site, by) => {
      const step = truthOf(site).steps.get(by.name);
      if (step) step.readAtMs ??= now();
    },
    zeroStarted: (site, by) => {
      const step = truthOf(site).steps.get(by.name);
      const agoMs = now() - (step?.observedAtMs ?? now());
      if (agoMs > settings.zeroDeadlineSeconds * SECOND) {
        violate('I2 deadline', site, `a zero was sent ${seconds(agoMs)} after the observation that it rests on`);
      }
    },
    scaled: (site, { by, from, to }) => {
      if (to === 0 && from > 0) {
        checkZero(site, by);
        noteZero(site, 'elasti');
      } else if (from === 0 && to > 0) {
        checkRaise(site);
        noteRaise(site);
      }
    },
    scaledByOther: (site, { by, from, to }) => {
      if (to === 0 && by === 'keda') violate('I2 KEDA', site, 'KEDA scaled to 0 because of a pause of ours');
      if (to === 0) noteZero(site, by);
      else if (from === 0) noteRaise(site);
    },
    podsChanged: (site, readyPods) => {
      truthOf(site).readyPods = readyPods;
    },
    podCrashed: (site) => {
      const truth = truthOf(site);
      truth.crashedAtMs = now();
      if (truth.zeroBy === undefined) truth.outage = 'podCrashed';
    },
    resolversChanged: (ready) => {
      if (ready > 0 && resolversGoneSinceMs !== undefined) resolversBackAtMs = now();
      resolversGoneSinceMs = ready > 0 ? undefined : (resolversGoneSinceMs ?? now());
    },
    wakeAsked: (site) => {
      truthOf(site).wakeAskedAtMs = now();
    },
    wakeAcknowledged: (site, askedAtMs) => {
      const token = tokenOf(elastiServices.get(site.key));
      const isThere = token !== undefined || elastiServices.get(site.key) === undefined;
      // Its time is the writer's, so that only a token from long before the call is none for it.
      const writtenMs = Date.parse(token?.split('/')[0] ?? '') - EPOCH;
      if (!isThere || writtenMs < askedAtMs - 3 * SECOND) {
        if (truthOf(site).deletedAtMs === undefined)
          violate('I4 token', site, 'a wake was acknowledged without a token');
      }
    },
    statusLost: (site) => {
      truthOf(site).statusLostAtMs = now();
    },
    elastiServiceGone: (site, parent) => {
      const { uid } = parent.metadata;
      const truth = truthOf(site);
      goneUids.set(uid, now());
      const target = targets.get(site.key);
      const deletedMs = now() - (truth.deletedAtMs ?? now());
      // Who made the zero stands in the status alone.
      const isKnown = truth.statusLostAtMs < truth.zeroAtMs;
      if (target?.replicas === 0 && truth.zeroBy === 'elasti' && isKnown && deletedMs < 590 * SECOND) {
        violate('I7 asleep', site, 'the ElastiService went and left the target at our zero');
      }
      const scaledObject = scaledObjects.get(site.key);
      const pausedBy = scaledObject && annotationsOf(scaledObject)[PAUSED_BY_ANNOTATION];
      if (pausedBy === uid && deletedMs < 590 * SECOND) {
        violate('I7 paused', site, 'the ElastiService went and left KEDA paused');
      }
      const left = [...slices.in(site.namespace)].filter(
        (slice) => slice.metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY && isOwnedBy(slice, uid),
      );
      if (left.length > 0) violate('I7 slices', site, 'the finalizer went before the slices');
    },
    answered: (key, answer) => {
      const truth = truths.get(key);
      if (truth === undefined) return;
      truth.syncs += 1;
      if (now() - truth.answeredAtMs > 2 * settings.pollSeconds * SECOND) truth.steadySinceMs = now();
      truth.answeredAtMs = now();
      truth.answeredAddresses = new Set(answer.children.flatMap(addressesOf));
    },
    written: (key) => {
      const truth = truths.get(key);
      if (truth === undefined) return;
      truth.writes += 1;
      truth.lastWriteMs = now();
    },
    causeOfStalePod: (site) => {
      const { readySinceMs, outage } = truthOf(site);
      if (outage === 'ours') return 'stalePod';
      if (resolversGoneSinceMs !== undefined) return 'resolverAbsent';
      const isOut = readySinceMs === undefined || now() - readySinceMs < PROGRAMMED_MS;
      return isOut ? outage : 'stalePod';
    },
    causeOfStaleResolver: (site, { address, leftAtMs }) => {
      const { answeredAtMs, answeredAddresses, steadySinceMs } = truthOf(site);
      // What an answer left out may not have been applied or programmed yet.
      const isInAnswer = answeredAddresses.has(address) && answeredAtMs > leftAtMs + PROGRAMMED_MS;
      return isInAnswer && now() - steadySinceMs > PROGRAMMED_MS ? 'staleResolver' : 'resolverLeftUnseen';
    },
    isManaged: (site) => {
      const parent = elastiServices.get(site.key);
      return parent !== undefined && parent.metadata.deletionTimestamp === undefined;
    },
    lastWriteMs: (site) => truthOf(site).lastWriteMs,
    causeOfNoEndpoint: (site) => {
      const truth = truthOf(site);
      if (elastiServices.get(site.key) === undefined) return 'notOurService';
      if (resolversGoneSinceMs !== undefined || now() - resolversBackAtMs < PROGRAMMED_MS) return 'resolverAbsent';
      if (truth.outage === 'ours') return 'noEndpoint';
      // Once the redirection stood in this outage, nobody but us could take it away again.
      const { redirectedSinceMs, lastRedirectedMs, lastReadyMs } = truth;
      // Where the last pod went only a moment before the slices did, nobody could have known.
      const isTakenAway = lastRedirectedMs > lastReadyMs + UNSEEN_MS && now() - lastRedirectedMs < PROGRAMMED_MS;
      const stood = redirectedSinceMs === undefined ? isTakenAway : now() - redirectedSinceMs > PROGRAMMED_MS;
      return stood ? 'noEndpoint' : truth.outage;
    },
  };
}

const EPOCH = Date.parse('2026-03-01T12:00:00.000Z');

const addressesOf = ({ kind, endpoints }: Child): readonly string[] =>
  kind === 'EndpointSlice'
    ? (endpoints as readonly { addresses: string[] }[]).flatMap(({ addresses }) => addresses)
    : [];
