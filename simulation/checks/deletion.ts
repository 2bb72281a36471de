import type { Parent } from '../../src/api/hooks.ts';
import { PAUSED_BY_ANNOTATION } from '../../src/api/keda.ts';
import { MANAGED_BY, MANAGED_BY_LABEL } from '../../src/core/resources/resolver-slices.ts';
import { isOwnedBy } from '../controller-children.ts';
import { annotationsOf } from '../objects.ts';
import type { Site } from '../world.ts';
import { type CheckContext, SECOND, seconds } from './context.ts';

/** I6 and I7: what must not last, and what an ElastiService leaves behind. */
export interface DeletionChecks {
  elastiServiceGone(site: Site, parent: Parent): void;
  everySecond(site: Site): void;
}

/** The finalizer gives up what it cannot do after ten minutes. */
const GIVEN_UP_MS = 590 * SECOND;

/** Starts the checks of deletions, and of the resolver's absence. */
export function checkDeletions(context: CheckContext): DeletionChecks {
  const { world, options, patienceMs, resolvers, now, truthOf, violate } = context;
  const { targets, scaledObjects, slices, settings } = world;
  context.onParentChange((site, parent) => {
    const truth = truthOf(site);
    // One whose status has yet to be written looks like one whose status was lost, and so does one that takes over.
    const isOther = parent?.metadata.uid !== truth.chargeUid;
    if (parent !== undefined && (parent.status === undefined || isOther)) truth.statusLostAtMs = now();
    if (isOther) truth.chargedAtMs = now();
    truth.chargedBeforeUid = truth.chargeUid;
    truth.chargeUid = parent?.metadata.uid;
    const isDeleted = parent?.metadata.deletionTimestamp !== undefined;
    truth.deletedAtMs = isDeleted ? (truth.deletedAtMs ?? now()) : undefined;
  });

  return {
    elastiServiceGone: (site, parent) => {
      const { uid } = parent.metadata;
      const truth = truthOf(site);
      const isInTime = now() - (truth.deletedAtMs ?? now()) < GIVEN_UP_MS;
      // Who made the zero stands in the status alone.
      const isKnown = truth.statusLostAtMs < truth.zeroAtMs && truth.chargedBeforeUid === uid;
      if (targets.get(site.targetKey)?.replicas === 0 && truth.zeroBy === 'elasti' && isKnown && isInTime) {
        violate('I7 asleep', site, 'the ElastiService went and left the target at our zero');
      }
      const scaledObject = scaledObjects.get(site.targetKey);
      const pausedBy = scaledObject && annotationsOf(scaledObject)[PAUSED_BY_ANNOTATION];
      if (pausedBy === uid && isInTime) {
        violate('I7 paused', site, 'the ElastiService went and left KEDA paused');
      }
      const left = [...slices.in(site.namespace)].filter(
        (slice) => slice.metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY && isOwnedBy(slice, uid),
      );
      if (left.length > 0) violate('I7 slices', site, 'the finalizer went before the slices');
    },
    everySecond: (site) => {
      const truth = truthOf(site);
      const goneMs = resolvers.goneSinceMs === undefined ? 0 : now() - resolvers.goneSinceMs;
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
    },
  };
}
