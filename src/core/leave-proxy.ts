import { isResolverReady } from './blocked.ts';
import { makeWakePatch } from './decide-raise.ts';
import { latestMs, secondsSince } from './time.ts';
import type { ScalePatch, Settings } from './types.ts';
import type { View } from './view.ts';

/** May the redirection to the resolver end, and if not, what is in the way? */
export type LeaveProxy =
  | { readonly kind: 'free' }
  | { readonly kind: 'wait'; readonly againInSeconds: number }
  | { readonly kind: 'unpause'; readonly patch: ScalePatch }
  | { readonly kind: 'unread'; readonly what: 'scale' | 'autoscaler' };

const MIN_WAIT_SECONDS = 0.1;

/**
 * The slices go only when pods have been ready for the settle time, no zero step can be under way, replicas are not 0,
 * and the autoscaler is not paused by us any more. A resolver that is gone holds nobody: then ready pods are enough.
 */
export function decideLeaveProxy(view: View): LeaveProxy {
  const { facts, context, settings, readySince, now, last, replicas } = view;
  if (facts.slices.size === 0) return { kind: 'free' };
  if (!view.isReady) return { kind: 'wait', againInSeconds: settings.pollSeconds };
  if (isResolverReady(facts) === false) return { kind: 'free' };

  const settled = settleSeconds(last, settings) - secondsSince(readySince, now);
  const drainedMs = view.wasDraining ? now.getTime() : latestMs(last.drainedAt);
  const safe = 2 * settings.zeroDeadlineSeconds - (now.getTime() - drainedMs) / 1000;
  const left = Math.max(settled, safe);
  if (left > 0) return { kind: 'wait', againInSeconds: Math.max(left, MIN_WAIT_SECONDS) };

  // A ready endpoint may be the last pod of a target that is at 0 already.
  if (context.scale.kind === 'unread') return { kind: 'unread', what: 'scale' };
  if (context.scale.kind === 'failed' || replicas === 0) return { kind: 'wait', againInSeconds: settings.pollSeconds };

  if (facts.elastiService.spec.autoscaler?.type !== 'keda') return { kind: 'free' };
  if (context.autoscaler.kind === 'unread') return { kind: 'unread', what: 'autoscaler' };
  if (context.autoscaler.kind === 'failed') return { kind: 'wait', againInSeconds: settings.pollSeconds };
  const isPausedByUs = context.autoscaler.kind === 'found' && context.autoscaler.pausedBy === 'elasti';
  return isPausedByUs ? { kind: 'unpause', patch: makeWakePatch(view, 'Unpause') } : { kind: 'free' };
}

/** How long pods must have been ready, in seconds: longer for a target that keeps falling back, plus the clock skew. */
export const settleSeconds = (last: View['last'], settings: Settings): number =>
  Math.max(last.settleSeconds ?? 0, settings.settleSeconds) + settings.clockSkewSeconds;
