import { isHandsOff } from './blocked.ts';
import { secondsSince } from './time.ts';
import type { ScalePatch, WakeCause } from './types.ts';
import type { View } from './view.ts';
import { isKeptUp } from './will.ts';

export type RaiseDecision =
  | { readonly kind: 'raise'; readonly cause: WakeCause }
  | { readonly kind: 'stay' }
  | { readonly kind: 'unread'; readonly what: 'liveResolvers' };

const raise = (cause: WakeCause): RaiseDecision => ({ kind: 'raise', cause });

/** Whether the zero that the target stands at is ours; with the status lost, slices of ours say that it was. */
export const isSleptByUs = ({ facts, last }: View): boolean =>
  facts.elastiService.status === undefined ? facts.slices.size > 0 : last.sleptBy === 'elasti';

/** Whether a target that stands at 0 replicas must come up. `isOurs`: we put it to sleep. */
export function decideRaise(view: View, isOurs: boolean): RaiseDecision {
  const { blocked, wake, will, period, demand, last, context, settings, now } = view;
  if (blocked && isHandsOff(blocked)) return { kind: 'stay' };
  if (wake !== undefined) return raise('Wake');
  // A zero that a person made is their will too.
  if (isOurs && isKeptUp(will)) return raise('KeptAwake');

  const asleepSince = last.phase === 'Asleep' ? last.phaseSince : undefined;
  if ('isInside' in period && !period.isInside) {
    // Entering the time outside raises anybody's zero once; a zero made by a person after that stays.
    const isFromBefore =
      asleepSince !== undefined && period.since !== undefined && new Date(asleepSince) < period.since;
    if (isOurs || isFromBefore) return raise('OutsideEnabledPeriod');
  } else if (demand.state === 'active' && asleepSince !== undefined) {
    // A reading from before the sleep says nothing about now.
    const isTakenAsleep = demand.ageSeconds <= secondsSince(asleepSince, now);
    if (isTakenAsleep) return raise('Trigger');
  }

  if (!isOurs || view.isResolverThere !== false) return { kind: 'stay' };
  if (secondsSince(last.resolverGoneSince ?? now, now) < settings.resolverGoneSeconds) return { kind: 'stay' };
  // Nobody holds connections for this Service, however many resolvers there are.
  if (view.resolverTrouble !== undefined) return raise('ResolverGone');
  if (context.liveResolvers.kind === 'unread') return { kind: 'unread', what: 'liveResolvers' };
  return context.liveResolvers.kind === 'found' && context.liveResolvers.count === 0
    ? raise('ResolverGone')
    : { kind: 'stay' };
}

/** The scale patch that raises the target from 0, and unpauses its autoscaler where we paused it. */
export function makeWakePatch({ facts }: Pick<View, 'facts'>, cause: WakeCause): ScalePatch {
  const { spec } = facts.elastiService;
  return {
    kind: 'wake',
    target: facts.target,
    replicas: spec.minTargetReplicas,
    autoscaler: spec.autoscaler && { type: spec.autoscaler.type, name: spec.autoscaler.name },
    cause,
    isRateLimited: cause === 'ResolverGone',
  };
}
