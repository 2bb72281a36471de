import { isResolverReady } from './blocked.ts';
import { makeWakePatch } from './decide-raise.ts';
import { latestMs, secondsSince } from './time.ts';
import type { ScalePatch } from './types.ts';
import type { View } from './view.ts';

/** May the redirection to the resolver end, and if not, what is in the way? */
export type LeaveProxy =
  | { readonly kind: 'free' }
  | { readonly kind: 'wait'; readonly againInSeconds: number }
  | { readonly kind: 'unpause'; readonly patch: ScalePatch }
  | { readonly kind: 'unread'; readonly what: 'scale' | 'status' | 'autoscaler' | 'ownUnchanged' };

const MIN_WAIT_SECONDS = 0.1;

/**
 * The slices go only when pods have been ready for the settle time, no zero step can be under way, replicas are not 0,
 * and the autoscaler is not paused by us any more. A resolver that is gone holds nobody: then ready pods are enough.
 */
export function decideLeaveProxy(view: View): LeaveProxy {
  const { facts, context, settings, now, last, replicas } = view;
  if (facts.slices.size === 0) return { kind: 'free' };
  if (!view.isReady) return { kind: 'wait', againInSeconds: settings.pollSeconds };
  if (isResolverReady(facts) === false) return decideUnpause(view, { isUrgent: true });

  const settled = unsettledSeconds(view);
  const drainedMs = view.wasDraining ? now.getTime() : latestMs(last.drainedAt);
  const safe = 2 * settings.zeroDeadlineSeconds - (now.getTime() - drainedMs) / 1000;
  const left = Math.max(settled, safe);
  if (left > 0) return { kind: 'wait', againInSeconds: Math.max(left, MIN_WAIT_SECONDS) };

  // A ready endpoint may be the last pod of a target that is at 0 already.
  if (context.scale.kind === 'unread') return { kind: 'unread', what: 'scale' };
  if (context.scale.kind === 'failed' || replicas === 0) return { kind: 'wait', againInSeconds: settings.pollSeconds };

  // So may a status from before the pods were last away be, of which readySince tells.
  if (context.status.kind === 'unread') return { kind: 'unread', what: 'status' };
  if (context.status.kind === 'outdated') return { kind: 'wait', againInSeconds: MIN_WAIT_SECONDS };
  if (context.status.kind === 'failed') return { kind: 'wait', againInSeconds: settings.pollSeconds };

  return waitUnchanged(view) ?? decideUnpause(view, { isUrgent: false });
}

/**
 * Pods that went and came while our watch was silent are as new as if they had just started, whatever the status says: looks
 * at them must have shown the same for the settle time.
 */
function waitUnchanged({ context, settings }: View): LeaveProxy | undefined {
  if (settings.observedBy !== 'watch') return undefined;
  if (context.ownUnchanged.kind === 'unread') return { kind: 'unread', what: 'ownUnchanged' };
  const left = settings.settleSeconds - context.ownUnchanged.seconds;
  return left > 0 ? { kind: 'wait', againInSeconds: Math.max(left, MIN_WAIT_SECONDS) } : undefined;
}

/** `isUrgent`: what cannot be known about the autoscaler is not waited for. */
function decideUnpause(view: View, { isUrgent }: { readonly isUrgent: boolean }): LeaveProxy {
  const { facts, context, settings } = view;
  if (facts.elastiService.spec.autoscaler?.type !== 'keda') return { kind: 'free' };
  switch (context.autoscaler.kind) {
    case 'unread':
      return { kind: 'unread', what: 'autoscaler' };
    case 'failed':
      return isUrgent ? { kind: 'free' } : { kind: 'wait', againInSeconds: settings.pollSeconds };
    case 'missing':
      return { kind: 'free' };
    case 'found':
      if (context.autoscaler.pausedBy !== 'elasti') return { kind: 'free' };
      return { kind: 'unpause', patch: makeWakePatch(view, 'Unpause') };
    default:
      return context.autoscaler satisfies never;
  }
}

/** How long pods have yet to be ready, in seconds: longer for a target that keeps falling back, plus the clock skew. */
export function unsettledSeconds(view: View): number {
  const { last, settings, readySince, now } = view;
  const settle = Math.max(last.settleSeconds ?? 0, settings.settleSeconds) + settings.clockSkewSeconds;
  return settle - Math.min(secondsSince(readySince, now), slicesAgeSeconds(view));
}

// readySince comes with the status, and a status may be older than the slices beside it: one from before the outage for
// which the slices were made would let them go at once. They are there at least for the settle time.
function slicesAgeSeconds({ facts, now }: View): number {
  const ages = [...facts.slices.values()].map(({ metadata }) => secondsSince(metadata.creationTimestamp, now));
  return Math.min(...ages);
}
