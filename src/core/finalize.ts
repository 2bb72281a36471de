import type { Child } from '../api/hooks.ts';
import { isHandsOff, isResolverReady } from './blocked.ts';
import { isSleptByUs, makeWakePatch } from './decide-raise.ts';
import { unsettledSeconds } from './leave-proxy.ts';
import { decideResolverNeeds } from './needs.ts';
import { listChildren, observedChildren } from './resources/children.ts';
import { finishStatus } from './status.ts';
import { secondsSince } from './time.ts';
import type { EventIntent, FinalizeResult, Needs, ScalePatch, Settings } from './types.ts';
import { type Observation, type View, viewOf } from './view.ts';
import { isWatched } from './watched.ts';

/** How long the slices outlive the ElastiService at most, while no pod is ready. */
const HOLD_SECONDS = 120;
/** After this long a target that cannot be restored is left, with an Event: a finalizer must not stick for ever. */
const GIVE_UP_SECONDS = 600;
const AGAIN_SECONDS = 1;

/**
 * What finalize must read, always live: the target's scale, and the ScaledObject that may be paused; for slices that
 * still hold traffic, whether the status is current, and where the resolver is.
 */
export function decideFinalizeNeeds({ facts, context }: Observation, settings: Settings): Needs | undefined {
  if (!isWatched(facts.elastiService.namespace, settings.watchNamespaces)) return undefined;
  const isKeda = facts.elastiService.spec.autoscaler?.type === 'keda';
  const needsScale = context.scale.kind === 'unread';
  const needsAutoscaler = isKeda && context.autoscaler.kind === 'unread';
  const needsStatus = facts.slices.size > 0 && context.status.kind === 'unread';
  const resolver = facts.slices.size > 0 ? decideResolverNeeds(viewOf({ facts, context }, settings)) : undefined;
  if (!needsScale && !needsAutoscaler && !needsStatus && resolver === undefined) return undefined;
  return {
    readings: undefined,
    proof: undefined,
    scale: needsScale ? { maxAgeSeconds: 0 } : undefined,
    status: needsStatus,
    autoscaler: needsAutoscaler ? { maxAgeSeconds: 0 } : undefined,
    sharers: undefined,
    liveResolvers: false,
    ownUnchanged: false,
    resolverPorts: undefined,
    listening: undefined,
    flows: false,
    probeRules: false,
    ...resolver,
  };
}

/**
 * The answer to one /finalize: what we put to sleep is raised, what we paused is unpaused, traffic is held until a
 * pod is ready, then the slices go, a little later the private Service, and only when nothing is left the finalizer.
 */
export function finalize(observation: Observation, settings: Settings): FinalizeResult {
  const view = viewOf(observation, settings);
  const { facts, last, now } = view;
  const deletedForSeconds = secondsSince(facts.elastiService.deletedAt ?? now, now);
  const restore = decideRestore(view);
  const isGivenUp = restore.isOpen && deletedForSeconds >= GIVE_UP_SECONDS;
  const isZeroPossible = isZeroStepPossible(view, deletedForSeconds);
  const isHeld = isHolding(view, { isZeroPossible, deletedForSeconds });
  const isReleased = !isHeld && isReleasing(view) && deletedForSeconds < GIVE_UP_SECONDS;
  const children = isHeld ? heldChildren(view) : isReleased ? privateServiceOf(view) : [];
  const hasChildren = facts.slices.size > 0 || facts.privateService !== undefined;
  const isRestored = (!restore.isOpen && !isZeroPossible) || isGivenUp;
  return {
    status: finishStatus(view, {
      ...last,
      // Where the status was lost, this makes one anew, so that the clocks in it can run.
      phase: last.phase ?? 'Holding',
      sleptBy: isSleptByUs(view) ? 'elasti' : undefined,
      drainedAt: last.phase === undefined && view.wasDraining ? now.toISOString() : last.drainedAt,
      readySince: view.readySince,
      // The slices go with this answer, and from now on counts how long the private Service outlives them.
      ...(isReleased && last.mode !== 'serve'
        ? { phase: 'Serving', phaseSince: now.toISOString(), mode: 'serve' }
        : {}),
    }),
    children,
    resyncAfterSeconds: AGAIN_SECONDS,
    scalePatches: isGivenUp ? [] : restore.patches,
    events: restoreEvents(view, { restore, isGivenUp, hasChildren }),
    finalized: isRestored && children.length === 0 && !hasChildren,
  };
}

interface Restore {
  readonly patches: readonly ScalePatch[];
  /** Something is still to be restored, or it is not known whether. */
  readonly isOpen: boolean;
}

function decideRestore(view: View): Restore {
  const { context, blocked, replicas, wake } = view;
  if (blocked && isHandsOff(blocked)) return { patches: [], isOpen: false };
  const isAsleep = replicas === 0 && (isSleptByUs(view) || wake !== undefined);
  const isPaused = context.autoscaler.kind === 'found' && context.autoscaler.pausedBy === 'elasti';
  const isUnknown = context.scale.kind === 'failed' || context.autoscaler.kind === 'failed';
  const patches = isAsleep || isPaused ? [makeWakePatch(view, 'Deleted')] : [];
  return { patches, isOpen: isAsleep || isPaused || isUnknown };
}

// A drain that was on when the ElastiService was deleted may have left a zero step under way.
function isZeroStepPossible(view: View, deletedForSeconds: number): boolean {
  const { last, now, settings, context, wasDraining } = view;
  if (context.scale.kind === 'missing') return false;
  const bound = 2 * settings.zeroDeadlineSeconds;
  return (wasDraining && deletedForSeconds < bound) || secondsSince(last.drainedAt, now) < bound;
}

function isHolding(view: View, since: { isZeroPossible: boolean; deletedForSeconds: number }): boolean {
  const { facts, context, replicas } = view;
  if (facts.slices.size === 0 || context.scale.kind === 'missing') return false;
  if (since.deletedForSeconds >= HOLD_SECONDS) return false;
  if (since.isZeroPossible) return true;
  // With replicas at 0, or nobody knows, a ready pod may be one that goes.
  if (view.isReady && (replicas ?? 0) > 0) {
    const isSettled = unsettledSeconds(view) <= 0 && context.status.kind === 'current';
    return !isSettled && isResolverReady(facts) !== false;
  }
  // A person's own zero has nobody to wait for.
  return replicas !== 0 || decideRestore(view).isOpen;
}

// Connections reach the resolver until kube-proxy everywhere has heard that the slices are gone, and the resolver passes
// them on through the private Service: without it they would be lost.
function isReleasing({ facts, last, now, isReady, settings }: View): boolean {
  if (facts.privateService === undefined || !isReady || isResolverReady(facts) === false) return false;
  // The status that started the clock may not have reached us yet, although the slices are gone: then it starts again.
  if (last.mode !== 'serve') return true;
  return secondsSince(last.phaseSince, now) < settings.drainSeconds + settings.clockSkewSeconds;
}

function privateServiceOf(view: View): readonly Child[] {
  const { privateService } = observedChildren(view.facts);
  return privateService ? [privateService] : [];
}

// Only what is there is kept: children that vanished, with their namespace or by foreground deletion, stay away.
function heldChildren(view: View): readonly Child[] {
  const { privateService } = observedChildren(view.facts);
  const slices = view.slices.filter((slice) => view.facts.slices.has(slice.metadata.name));
  return listChildren({ privateService, slices });
}

function restoreEvents(
  view: View,
  { restore, isGivenUp, hasChildren }: { restore: Restore; isGivenUp: boolean; hasChildren: boolean },
): readonly EventIntent[] {
  const { target } = view.facts;
  if (isGivenUp && !hasChildren) {
    const message = `${target.kind} ${target.name} could not be restored within ${GIVE_UP_SECONDS} s; raise its replicas by hand`;
    return [{ type: 'Warning', reason: 'RestoreFailed', message }];
  }
  if (restore.patches.length === 0 || isGivenUp) return [];
  return [
    {
      type: 'Normal',
      reason: 'Restoring',
      message: `${target.kind} ${target.name} is restored before the ElastiService goes`,
    },
  ];
}
