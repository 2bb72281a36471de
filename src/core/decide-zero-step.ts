import { decideDemand } from './demand.ts';
import { secondsSince } from './time.ts';
import type { ScalePatch } from './types.ts';
import type { View } from './view.ts';

/**
 * May replicas go to 0 now?
 * - go: the patch that does it; its guard is checked live.
 * - wait: not yet; `againInSeconds` is when to look again.
 * - cancel: the proof says that the service was not idle after all, or that we cannot know.
 * - unread: it cannot be told before this has been read.
 */
export type ZeroStepDecision =
  | { readonly kind: 'go'; readonly patch: ScalePatch }
  | { readonly kind: 'wait'; readonly againInSeconds: number }
  | { readonly kind: 'cancel'; readonly reason: string; readonly message: string; readonly wasActive: boolean }
  | { readonly kind: 'unread'; readonly what: 'scale' | 'proof' };

const SOON_SECONDS = 1;

/** Decides within a drain, once traffic has been redirected for the drain time. */
export function decideZeroStep(view: View): ZeroStepDecision {
  const { facts, context, settings, redirectedSince, redirectionHash, now } = view;
  // A redirection that this very request shows for the first time counts from now.
  const redirectedFor = redirectedSince === undefined ? 0 : secondsSince(redirectedSince, now);
  const drainSeconds = settings.drainSeconds + settings.clockSkewSeconds;
  if (redirectedSince === undefined) return { kind: 'wait', againInSeconds: SOON_SECONDS };
  if (redirectedFor < drainSeconds) return { kind: 'wait', againInSeconds: drainSeconds - redirectedFor };
  if (context.scale.kind === 'unread') return { kind: 'unread', what: 'scale' };
  if (context.scale.kind !== 'found') return { kind: 'wait', againInSeconds: SOON_SECONDS };

  if (context.proof.length === 0) return { kind: 'unread', what: 'proof' };
  const proof = decideDemand(context.proof);
  if (proof.state === 'pending') return { kind: 'wait', againInSeconds: SOON_SECONDS };
  if (proof.state !== 'idle') {
    return { kind: 'cancel', reason: proof.reason, message: proof.message, wasActive: proof.state === 'active' };
  }
  const isShared = context.sharers.kind === 'found' && context.sharers.sharers.some((sharer) => !sharer.isDrained);
  if (isShared) return { kind: 'wait', againInSeconds: SOON_SECONDS };

  const { elastiService, target } = facts;
  const { uid, generation, wakeToken, spec } = elastiService;
  return {
    kind: 'go',
    patch: {
      kind: 'sleep',
      target,
      autoscaler: spec.autoscaler && { type: spec.autoscaler.type, name: spec.autoscaler.name },
      guard: { uid, generation, wakeToken, redirectionHash, slices: view.slices },
    },
  };
}
