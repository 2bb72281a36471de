import type { Child, Parent } from '../../src/api/hooks.ts';
import { readyEndpoints } from '../../src/core/resources/resolver-slices.ts';
import { redirectionOf } from '../elasti-services.ts';
import { inChargeOf } from '../places.ts';
import { EPOCH_MS } from '../process.ts';
import { ownKeyOf, type Site } from '../world.ts';
import { type CheckContext, SECOND, seconds, statusOf } from './context.ts';
import type { SiteTruth } from './site-truth.ts';

/** How far a watch may be behind, and the sync that rests on it. */
const BEHIND_MS = 3 * SECOND;
/** How long a status that was put back may be what syncs go by. */
const PUT_BACK_MS = 5 * SECOND;
/** For so long after a change of the Service answers may rest on how it was. */
const SERVICE_NEW_MS = 15 * SECOND;

/** I1 and I3: follows readiness and redirection, and looks at each drop of the slices. */
export function checkSlices(context: CheckContext): void {
  const { world, options, now, truthOf, violate } = context;
  const { slices, services, targets, settings, faults } = world;
  slices.onChange((key, slice) => {
    const site = world.places.ofSlice(key, slice);
    const wasRedirected = site && truthOf(site).redirectedSinceMs !== undefined;
    changed(site);
    if (site && wasRedirected) checkMoved(site, truthOf(site));
  });
  services.onChange((key) => changed(world.places.ofService(key)));
  context.onParentChange(noteRecorded);

  function changed(site: Site | undefined): void {
    if (site === undefined) return;
    const truth = truthOf(site);
    const own = slices.get(ownKeyOf(site.key));
    const isReady = own !== undefined && readyEndpoints(own).length > 0;
    if (!isReady && truth.readySinceMs !== undefined) truth.lastReadyMs = now();
    truth.readySinceMs = isReady ? (truth.readySinceMs ?? now()) : undefined;
    const ours = site.families.map((family) => redirectionOf(world, site, family));
    const privateService = services.get(site.privateKey);
    const isThere = ours.every((slice) => slice !== undefined && readyEndpoints(slice).length > 0);
    if (!isThere && truth.redirectedSinceMs !== undefined) {
      truth.lastRedirectedMs = now();
      if (ours.includes(undefined)) dropped(site, truth);
    }
    const isRedirected = isThere && privateService !== undefined;
    truth.redirectedSinceMs = isRedirected ? (truth.redirectedSinceMs ?? now()) : undefined;
  }

  /** Metacontroller changes one slice after the other: what its answer names is never in none of them meanwhile. */
  function checkMoved(site: Site, { readySinceMs, redirectedSinceMs, answeredChildren }: SiteTruth): void {
    if (options.isDisturbed || readySinceMs !== undefined || redirectedSinceMs !== undefined) return;
    const port = services.get(site.key)?.spec.ports?.at(-1)?.name;
    const isNamed = (child: Child) =>
      child.kind === 'EndpointSlice' && (child.ports as readonly { name: string }[]).some(({ name }) => name === port);
    const isHeld = site.families.every((family) => redirectionOf(world, site, family) !== undefined);
    if (isHeld || !answeredChildren.some(isNamed)) return;
    violate('I1 moved', site, `no slice names port ${port} while it goes from one slice to another`);
  }

  /**
   * A status that knows of no ready endpoint was written: from then on the settle time counts anew. That is undone where
   * a sync saw the status before it, or endpoints that are gone, since its watch was behind.
   */
  function noteRecorded(site: Site, parent: Parent | undefined): void {
    const truth = truthOf(site);
    const { readySince } = statusOf(parent);
    if (parent !== undefined && readySince === undefined) truth.unreadyRecordedMs = now();
    if (readySince === undefined || truth.statusLostAtMs === now()) return;
    const isOlder = Date.parse(readySince) - EPOCH_MS < truth.lastReadyMs - options.maxSkewMs;
    const isGone = truth.readySinceMs === undefined && now() - truth.lastReadyMs < BEHIND_MS;
    if ((isOlder || isGone) && now() - truth.unreadyRecordedMs < BEHIND_MS)
      truth.unreadyRecordedMs = Number.NEGATIVE_INFINITY;
  }

  /** Our slice is gone: pods must serve, and must have done so for the settle time. */
  function dropped(site: Site, truth: SiteTruth): void {
    // Without the Service there is no traffic, and endpoints only once the cluster has made them anew.
    const newMs = options.isDisturbed ? 4 * SERVICE_NEW_MS : SERVICE_NEW_MS;
    if (now() - truth.serviceChangedAtMs < newMs || services.get(site.key) === undefined) return;
    const parent = inChargeOf(world, site);
    const isGone = parent === undefined || parent.metadata.deletionTimestamp !== undefined;
    const replicas = targets.get(site.targetKey)?.replicas;
    if (replicas === undefined) return;
    // A resolver that is gone holds nobody, and its slices come again with it.
    if (replicas === 0 && !context.isResolverAway() && truth.zeroBy === 'elasti') {
      violate('I1 dropped asleep', site, 'the slices were dropped while the target stood at our zero');
      return;
    }
    if (truth.zeroBy !== undefined) return;
    if (isGone && truth.deletedAtMs !== undefined && now() - truth.deletedAtMs > 115 * SECOND) return;
    const staleMs = (options.isWithFaults ? 10 : 1.5) * SECOND;
    const wasReady = truth.readySinceMs !== undefined || now() - truth.lastReadyMs < staleMs;
    if (!wasReady) {
      violate('I3 not ready', site, 'the slices were dropped with no ready endpoint');
      return;
    }
    // What happens to the pods from here on has a cause of its own.
    truth.outage = 'notStarted';
    if (!context.isResolverAway() && truth.readySinceMs !== undefined) checkSettled(site, truth, truth.readySinceMs);
  }

  function checkSettled(site: Site, truth: SiteTruth, readySinceMs: number): void {
    const readyMs = now() - readySinceMs;
    const isTooSkewed = 2 * options.maxSkewMs > settings.clockSkewSeconds * SECOND;
    if (isTooSkewed && readyMs < settings.settleSeconds * SECOND) truth.droppedEarlyMs = now();
    const wantedMs = (settings.settleSeconds + settings.clockSkewSeconds) * SECOND - 2 * options.maxSkewMs;
    if (readyMs >= wantedMs) return;
    // A flap that no status was written about, or none that the sync saw, leaves the settle time as it was, and what
    // happens while a request is on its way is in no answer.
    const isUnrecorded = options.isWithFaults && truth.unreadyRecordedMs < truth.lastReadyMs;
    const behindMs = faults.has('watchLag') ? BEHIND_MS : SECOND / 10;
    const isUnread = options.isWithFaults && now() - truth.unreadyRecordedMs < behindMs;
    const isLate = now() - truth.answerMadeAtMs > SECOND;
    // A status that a person puts back from just before the slices were made cannot be told from one of theirs: clocks differ.
    const isPutBack = now() - truth.statusLostAtMs < PUT_BACK_MS;
    if (isUnrecorded || isUnread || isLate || isPutBack) return;
    violate('I3 settle', site, `the slices were dropped ${seconds(readyMs)} after the first ready endpoint`);
  }
}
