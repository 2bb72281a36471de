import { SLEEP_ANNOTATION } from '../api/elastiservice.ts';
import { familiesWithoutResolver, isResolverReady, type Refusal } from './blocked.ts';
import { isContested } from './contest.ts';
import { latestMs, secondsSince } from './time.ts';
import type { View } from './view.ts';
import { cooldownSecondsOf, type Will } from './will.ts';

/** A reading that a drain begins with, or goes on with, may be this old. */
export const FRESH_SECONDS = 2;

/**
 * May the service sleep?
 * - sleep: yes, as far as is known before the zero step's own proof.
 * - notNow: no, and time or demand will change that; `againAtMs` where the moment is known.
 * - prevented: no, until somebody changes something.
 * - unread: it cannot be told before this has been read.
 */
export type SleepDecision =
  | { readonly kind: 'sleep' }
  | ({ readonly kind: 'notNow'; readonly againAtMs?: number } & Refusal)
  | ({ readonly kind: 'prevented' } & Refusal)
  | { readonly kind: 'unread'; readonly what: 'readings' | 'freshReadings' | 'autoscaler' | 'sharers' | 'flows' };

const notNow = (reason: string, message: string, againAtMs?: number): SleepDecision =>
  againAtMs === undefined ? { kind: 'notNow', reason, message } : { kind: 'notNow', reason, message, againAtMs };
const prevented = (reason: string, message: string): SleepDecision => ({ kind: 'prevented', reason, message });

/** Goes through everything that keeps a service awake, cheapest first, and names the first that holds. */
export function decideSleep(view: View): SleepDecision {
  return (
    keptByPeople(view) ??
    keptBySurroundings(view) ??
    keptByDemand(view) ??
    keptByAutoscaler(view) ??
    keptBySharers(view) ??
    keptByConnections(view) ??
    keptByObserving(view) ?? { kind: 'sleep' }
  );
}

function keptByPeople({ wake, will, period }: View): SleepDecision | undefined {
  if (wake !== undefined) return notNow('WakePending', 'a wake waits to be served');
  const kept = keptByWill(will);
  if (kept !== undefined) return kept;
  if ('error' in period) return prevented('EnabledPeriodInvalid', `spec.enabledPeriod: ${period.error}`);
  if (period.isInside) return undefined;
  return notNow('OutsideEnabledPeriod', 'spec.enabledPeriod does not allow sleep now', period.until?.getTime());
}

function keptByWill(will: Will): SleepDecision | undefined {
  switch (will.kind) {
    case 'off':
      return prevented('SleepSwitchedOff', `annotation ${SLEEP_ANNOTATION} says that it is not to sleep`);
    case 'unreadable':
      return prevented('AnnotationInvalid', `annotation ${will.annotation} cannot be read`);
    case 'keptAwake': {
      const until = will.until.toISOString();
      return notNow('KeptAwake', `kept awake by a person until ${until}`, will.until.getTime());
    }
    case 'sleepAsked':
    case 'none':
      return undefined;
    default:
      return will satisfies never;
  }
}

function keptBySurroundings(view: View): SleepDecision | undefined {
  const { facts, resolverTrouble } = view;
  if (typeof facts.publicService !== 'object') return prevented('ServiceMissing', 'the Service is not known');
  const { internalTrafficPolicy, externalTrafficPolicy } = facts.publicService.spec;
  if (internalTrafficPolicy === 'Local' || externalTrafficPolicy === 'Local') {
    return prevented(
      'TrafficPolicyLocal',
      'with traffic policy Local a node without a resolver would drop requests; use Cluster',
    );
  }
  if (resolverTrouble?.keepsAwake) {
    const { reason, message, isLasting } = resolverTrouble;
    return isLasting ? prevented(reason, message) : notNow(reason, message);
  }
  if (isResolverReady(facts) !== true) return prevented('ResolverNotReady', 'no resolver is ready to hold requests');
  const missing = familiesWithoutResolver(facts);
  if (missing.length > 0) return prevented('ResolverLacksFamily', `the resolver has no ${missing.join(', ')} address`);
  if (isContested(view)) {
    return prevented(
      'ReplicasContested',
      'somebody else keeps raising the replicas; let them ignore spec.replicas of the target, then change this ElastiService',
    );
  }
  return undefined;
}

function keptByDemand(view: View): SleepDecision | undefined {
  const { demand } = view;
  if (demand.state === 'unread') return { kind: 'unread', what: 'readings' };
  if (demand.state !== 'idle') return notNow(demand.reason, demand.message);
  const awakeUntilMs = cooldownEndMs(view);
  if (view.now.getTime() < awakeUntilMs) {
    const until = new Date(awakeUntilMs).toISOString();
    return notNow('InCooldown', `idle, and kept up until ${until}`, awakeUntilMs);
  }
  if (demand.ageSeconds > FRESH_SECONDS) return { kind: 'unread', what: 'freshReadings' };
  return undefined;
}

const UNSETTLED: ReadonlySet<string> = new Set(['Asleep', 'Waking', 'Holding']);

type CooldownView = Pick<View, 'last' | 'idleSince' | 'settings' | 'isReady' | 'will' | 'now'> & {
  readonly facts: Pick<View['facts'], 'elastiService'>;
};

/** When the cooldown, and the pause after the last drain or redirection, are over; milliseconds since the epoch. */
export function cooldownEndMs({ facts, last, idleSince, settings, isReady, will, now }: CooldownView): number {
  const { elastiService } = facts;
  // Where it settles in this very call, the status cannot say so yet.
  const isSettling = isReady && last.phase !== undefined && UNSETTLED.has(last.phase);
  const upSince = isSettling && last.phase !== 'Holding' ? now : last.lastScaledUpTime;
  const cooldownMs =
    latestMs(elastiService.createdAt, upSince, idleSince) + cooldownSecondsOf(elastiService, will) * 1000;
  if (last.phase === 'Draining') return cooldownMs;
  const afterDrainMs = latestMs(last.drainedAt) + settings.pollSeconds * 1000;
  // A cancelled drain leaves proxy mode only when no zero step can be under way.
  const leftProxyMs = Math.max(
    latestMs(upSince, isSettling ? now : undefined, last.phase === 'Serving' ? last.phaseSince : undefined),
    latestMs(last.drainedAt) + 2000 * settings.zeroDeadlineSeconds,
  );
  const afterProxyMs = leftProxyMs + settings.reentrySeconds * 1000;
  return Math.max(cooldownMs, afterDrainMs, afterProxyMs);
}

function keptByAutoscaler({ facts, context }: View): SleepDecision | undefined {
  if (facts.elastiService.spec.autoscaler?.type !== 'keda') return undefined;
  const { name } = facts.elastiService.spec.autoscaler;
  const { autoscaler } = context;
  switch (autoscaler.kind) {
    case 'unread':
      return { kind: 'unread', what: 'autoscaler' };
    case 'failed':
      return notNow('AutoscalerUnknown', `ScaledObject ${name} cannot be read`);
    case 'missing':
      return prevented('AutoscalerMissing', `ScaledObject ${name} does not exist`);
    case 'found':
      if (autoscaler.pausedBy === 'other') {
        return prevented('KedaPausedByOther', `ScaledObject ${name} was paused by somebody else`);
      }
      if (autoscaler.minReplicaCount < 1) {
        return prevented('KedaScalesToZero', `ScaledObject ${name} scales to zero by itself; set minReplicaCount to 1`);
      }
      return undefined;
    default:
      return autoscaler satisfies never;
  }
}

function keptBySharers({ context, facts }: View): SleepDecision | undefined {
  const { sharers } = context;
  if (sharers.kind === 'unread') return { kind: 'unread', what: 'sharers' };
  if (sharers.kind === 'failed') return notNow('SharersUnknown', 'the other ElastiServices cannot be listed');
  const awake = sharers.sharers.find((sharer) => !sharer.isIdle);
  if (awake === undefined) return undefined;
  return prevented(
    'TargetShared',
    `ElastiService ${awake.name} names ${facts.target.kind} ${facts.target.name} too, and is in use`,
  );
}

function keptByConnections(view: View): SleepDecision | undefined {
  if (view.settings.resolver.routing === 'host') return undefined;
  if (view.context.flows.kind === 'unread') return { kind: 'unread', what: 'flows' };
  if (isHeldAtResolver(view)) return notNow('ConnectionsOpen', 'requests wait at the resolver');
  // A drain that has begun outlasts idle connections, so that they only put it off.
  const open = view.last.phase === 'Draining' ? undefined : openConnections(view);
  return open && notNow(open.reason, open.message);
}

// Last, so that the reason stands for: it would fall asleep now.
function keptByObserving({ settings }: View): SleepDecision | undefined {
  return settings.isObserveOnly
    ? prevented('ObserveOnly', 'it would go to sleep now, were it not for OBSERVE_ONLY')
    : undefined;
}

/** Whether connections of this ElastiService wait for a pod. */
export const isHeldAtResolver = ({ context: { flows } }: View): boolean => flows.kind === 'found' && flows.held > 0;

/** Why replicas must not go to 0: connections that pass through the resolver end at the pods, or nobody knows of any. */
export function openConnections({ context: { flows } }: View): Refusal | undefined {
  if (flows.kind === 'failed') {
    return { reason: 'ConnectionsUnknown', message: 'a resolver does not say which connections are open' };
  }
  if (flows.kind === 'unread' || flows.open === 0) return undefined;
  return { reason: 'ConnectionsOpen', message: 'connections through the resolver are open' };
}

/** Whether a start that never became ready has lasted so long that the target may go to zero again. */
export function isStuckStart({ facts, last, idleSince, now }: View): boolean {
  // A start that the status does not know yet has only just begun.
  if (last.phase !== 'Waking' && last.phase !== 'Holding') return false;
  const patience = Math.max(facts.elastiService.spec.cooldownPeriod, 600);
  const since = latestMs(last.phaseSince, last.lastScaledUpTime, idleSince);
  return Number.isFinite(since) && idleSince !== undefined && secondsSince(new Date(since), now) >= patience;
}
