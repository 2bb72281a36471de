import type { Phase } from '../api/elastiservice.ts';
import { isHandsOff, type Refusal } from './blocked.ts';
import { decideRaise, isSleptByUs, makeWakePatch } from './decide-raise.ts';
import {
  cooldownEndMs,
  decideSleep,
  isHeldAtResolver,
  isStuckStart,
  openConnections,
  type SleepDecision,
} from './decide-sleep.ts';
import { decideZeroStep } from './decide-zero-step.ts';
import { decideLeaveProxy, type LeaveProxy } from './leave-proxy.ts';
import { leaveAlone } from './observe-only.ts';
import { latestMs, secondsSince } from './time.ts';
import type { Needs, ScalePatch, Settings, WakeCause } from './types.ts';
import { isIncomplete, type Observation, type View, viewOf } from './view.ts';

/** What could not be decided before it was read. */
export type Unread = keyof Needs | 'freshReadings';

/** What one call decides: the phase, why, and what follows from it. */
export interface Decision {
  readonly phase: Phase;
  /** Stable PascalCase word and sentence for why the service is where it is. */
  readonly reason: string;
  readonly message: string;
  /** Whether traffic is to be redirected to the resolver, beside the pods where there are any. */
  readonly isRedirected: boolean;
  readonly patches: readonly ScalePatch[];
  /** Why we raise the target, in this call. */
  readonly raisedFor: WakeCause | undefined;
  /** Whether the service might sleep, where that was asked. */
  readonly sleep: SleepDecision | undefined;
  readonly unread: readonly Unread[];
  /** When to look again, in seconds, at the latest. */
  readonly againInSeconds: number;
  /** The proof showed activity that the polls had missed. */
  readonly wasActive: boolean;
}

const SOON_SECONDS = 1;

const decision = (
  over: Pick<Decision, 'phase' | 'reason' | 'message' | 'againInSeconds'> & Partial<Decision>,
): Decision => ({
  isRedirected: true,
  patches: [],
  raisedFor: undefined,
  sleep: undefined,
  unread: [],
  wasActive: false,
  ...over,
});

/** An observation's view with the decision that follows from it; none where a kind was missing from the request. */
export interface Plan {
  readonly view: View;
  readonly decision: Decision | undefined;
}

/**
 * Plans one call: asked for what it still needs to read, and in the end for its answer. `before`: the plan of the same
 * call before more was read.
 */
export function planOf(observation: Observation, settings: Settings, before?: Plan): Plan {
  const view = viewOf(observation, settings, before?.view);
  return { view, decision: isIncomplete(view.facts) ? undefined : leaveAlone(view, decidePhase(view)) };
}

/** Decides the phase from what is observed. The last status only tells for how long things have been so. */
function decidePhase(view: View): Decision {
  if (view.blocked !== undefined) return decideBlockedPhase(view);
  if (view.replicas === 0) return decideAsleep(view);
  if (view.replicas === undefined && view.last.phase === 'Asleep') return decideScaleUnknown(view);
  if (view.last.phase === 'Draining') return decideDraining(view);
  if (!view.isReady) return decideStarting(view);
  const leave = decideLeaveProxy(view);
  if (leave.kind !== 'free' && view.last.phase !== 'Serving') return decideSettling(view, leave);
  return decideServing(view, leave);
}

/** Blocked: nothing falls asleep, and what holds traffic goes on holding it until pods can serve. */
function decideBlockedPhase(view: View): Decision {
  const { blocked, facts, settings } = view;
  const leave = decideLeaveProxy(view);
  const isOurBusiness = blocked !== undefined && !isHandsOff(blocked);
  const effects = view.replicas === 0 ? raiseFromZero(view) : isOurBusiness ? pendingLeave(leave) : {};
  return decision({
    phase: 'Blocked',
    reason: blocked?.reason ?? '',
    message: blocked?.message ?? '',
    isRedirected: facts.slices.size > 0 && leave.kind !== 'free',
    ...effects,
    againInSeconds: settings.pollSeconds,
  });
}

/** Asleep: replicas are 0, whoever made them so; every connection goes to the resolver. */
function decideAsleep(view: View): Decision {
  const { settings, last, now } = view;
  const raise = raiseFromZero(view);
  const isOurs = isSleptByUs(view);
  if (raise.raisedFor !== undefined) {
    const message = `replicas are 0 and are being raised: ${CAUSES[raise.raisedFor]}`;
    return decision({
      phase: 'Asleep',
      reason: raise.raisedFor,
      message,
      ...raise,
      againInSeconds: settings.pollSeconds,
    });
  }
  const isWatchingResolver = isOurs && view.isResolverThere === false;
  const untilGone = settings.resolverGoneSeconds - secondsSince(last.resolverGoneSince ?? now, now);
  return decision({
    phase: 'Asleep',
    reason: isOurs ? 'SleptByElasti' : 'ScaledToZeroByOther',
    message: `${isOurs ? 'replicas are 0' : 'somebody else scaled to 0'}; a request or an active trigger wakes it`,
    ...raise,
    againInSeconds: isWatchingResolver
      ? Math.min(settings.pollSeconds, untilGone > 0 ? Math.max(untilGone, SOON_SECONDS) : settings.pollSeconds)
      : restSeconds(view),
  });
}

/** Where /scale cannot be read, what was so is taken to be so still; a wake is tried all the same, only ever from 0. */
function decideScaleUnknown(view: View): Decision {
  const raise: Partial<Decision> =
    view.wake === undefined ? {} : { raisedFor: 'Wake', patches: [makeWakePatch(view, 'Wake')] };
  return decision({
    phase: 'Asleep',
    reason: 'ScaleUnknown',
    message: 'replicas were 0; /scale cannot be read',
    unread: view.wake === undefined && view.demand.state === 'unread' && isSleepTime(view) ? ['readings'] : [],
    ...raise,
    againInSeconds: view.settings.pollSeconds,
  });
}

const MAX_REST_SECONDS = 600;

// With triggers to watch, a poll; where nothing but an event or the calendar can change anything, as long as allowed.
const restSeconds = (view: View): number => (isSleepTime(view) ? view.settings.pollSeconds : MAX_REST_SECONDS);

// A period that cannot be read keeps from sleeping, and never from being woken.
const isSleepTime = ({ period }: View): boolean => !('isInside' in period) || period.isInside;

const CAUSES: Readonly<Record<WakeCause, string>> = {
  Wake: 'a request waits',
  Trigger: 'a trigger is active',
  ResolverGone: 'no resolver has been ready to hold requests',
  OutsideEnabledPeriod: 'spec.enabledPeriod does not allow sleep now',
  KeptAwake: 'a person keeps it awake',
  Deleted: 'the ElastiService is being deleted',
  Unpause: 'its autoscaler was paused by us',
};

function raiseFromZero(view: View): Pick<Decision, 'patches' | 'raisedFor' | 'unread'> {
  const isAsleepAlready = view.last.phase === 'Asleep' || view.last.phase === 'Blocked';
  const wantsReadings = view.demand.state === 'unread' && isAsleepAlready && isSleepTime(view);
  const unread: readonly Unread[] = wantsReadings ? ['readings'] : [];
  const raise = decideRaise(view, isSleptByUs(view));
  if (raise.kind === 'stay') return { patches: [], raisedFor: undefined, unread };
  if (raise.kind === 'unread') return { patches: [], raisedFor: undefined, unread: [...unread, raise.what] };
  return { patches: [makeWakePatch(view, raise.cause)], raisedFor: raise.cause, unread: [] };
}

/** For how long a drain that nothing holds up may go on. */
export const drainPatienceSeconds = ({
  drainSeconds,
  pollSeconds,
  zeroDeadlineSeconds,
}: Pick<Settings, 'drainSeconds' | 'pollSeconds' | 'zeroDeadlineSeconds'>): number =>
  drainSeconds + 2 * pollSeconds + zeroDeadlineSeconds;

/** Draining: pods still serve, traffic reaches the resolver too, and any sign of use ends it. */
function decideDraining(view: View): Decision {
  const { last, settings, now } = view;
  const sleep = decideSleep(view);
  if (sleep.kind === 'unread') return draining({ sleep, unread: [sleep.what] });
  const isPending = sleep.kind === 'notNow' && sleep.reason === 'TriggersPending';
  if (sleep.kind !== 'sleep' && !isPending) {
    return { ...cancelDrain(view, sleep), wasActive: isHeldAtResolver(view) };
  }

  const open = openConnections(view);
  const beganMs = latestMs(last.phaseSince, ...(open ? [] : sharersDrainingSince(view)));
  if ((now.getTime() - beganMs) / 1000 > drainPatienceSeconds(settings)) {
    const why = { reason: 'DrainTimedOut', message: 'the step to zero could not be made in time' };
    return cancelDrain(view, open ?? why);
  }
  if (isPending) return draining({ sleep });
  if (open) return draining({ sleep, ...open });

  const step = decideZeroStep(view);
  switch (step.kind) {
    case 'wait':
      return draining({ sleep, againInSeconds: step.againInSeconds });
    case 'unread':
      return draining({ sleep, unread: [step.what] });
    case 'cancel':
      return { ...cancelDrain(view, step), wasActive: step.wasActive };
    case 'go':
      return draining({ sleep, patches: [step.patch] });
    default:
      return step satisfies never;
  }
}

// Two that share a target and gave up their drains by turns would never meet.
const sharersDrainingSince = ({ context: { sharers } }: View): readonly (string | undefined)[] =>
  sharers.kind === 'found' ? sharers.sharers.map(({ drainingSince }) => drainingSince) : [];

const draining = (over: Partial<Decision>): Decision =>
  decision({
    phase: 'Draining',
    reason: 'Draining',
    message: 'idle for the cooldown; replicas go to 0 unless a request reaches the resolver first',
    againInSeconds: SOON_SECONDS,
    ...over,
  });

/** Back to where it came from; the slices stay until no zero step can be under way, unless nobody is behind them. */
function cancelDrain(view: View, why: Refusal & { readonly kind?: string }): Decision {
  const { reason, message } = why;
  return decision({
    phase: view.isReady ? 'Serving' : 'Holding',
    reason,
    message,
    isRedirected: !view.isReady || decideLeaveProxy(view).kind !== 'free',
    sleep: { kind: why.kind === 'prevented' ? 'prevented' : 'notNow', reason, message },
    againInSeconds: Math.min(view.settings.pollSeconds, 2 * view.settings.zeroDeadlineSeconds),
  });
}

/** Waking, or Holding, without a ready endpoint: the resolver holds what arrives. */
function decideStarting(view: View): Decision {
  const { last, replicas, settings } = view;
  if (replicas !== undefined && isStuckStart(view)) {
    const sleep = decideSleep(view);
    if (sleep.kind === 'sleep') return draining({ sleep });
    if (sleep.kind === 'unread') return starting([sleep.what]);
  }
  return starting(view.demand.state === 'unread' && isSleepTime(view) ? ['readings'] : []);

  function starting(unread: readonly Unread[]): Decision {
    const again = { unread, againInSeconds: settings.pollSeconds };
    if (last.phase === 'Asleep' || last.phase === 'Waking') {
      return decision({
        phase: 'Waking',
        reason: 'Starting',
        message: 'pods are starting; the resolver holds requests',
        ...again,
      });
    }
    return decision({
      phase: 'Holding',
      reason: 'NoReadyEndpoint',
      message: 'no pod is ready; the resolver holds requests',
      ...again,
    });
  }
}

/** Waking, or Holding, with a ready endpoint that has yet to prove itself. */
function decideSettling(view: View, leave: LeaveProxy): Decision {
  return decision({
    phase: view.last.phase === 'Holding' ? 'Holding' : 'Waking',
    reason: 'Settling',
    message: 'pods are ready; the redirection ends when they have been so for the settle time',
    ...pendingLeave(leave),
  });
}

/** Serving: traffic goes straight to the pods; after a cancelled drain, to the resolver too for a last while. */
function decideServing(view: View, leave: LeaveProxy): Decision {
  const { settings, now } = view;
  const sleep = decideSleep(view);
  // New slices beside a status from before are waited out in the drain: to take it back would only begin it again.
  if (sleep.kind === 'sleep' && (leave.kind === 'free' || leave.kind === 'wait')) return draining({ sleep });
  const cooldownLeft = (cooldownEndMs(view) - now.getTime()) / 1000;
  const nextLook = cooldownLeft > 0 ? Math.min(settings.pollSeconds, cooldownLeft) : settings.pollSeconds;
  const pending = pendingLeave(leave);
  return decision({
    phase: 'Serving',
    ...whyServing(view, sleep),
    isRedirected: leave.kind !== 'free',
    sleep,
    patches: pending.patches,
    unread: sleep.kind === 'unread' ? [sleep.what, ...pending.unread] : pending.unread,
    againInSeconds: leave.kind === 'free' ? nextLook : Math.min(nextLook, pending.againInSeconds),
  });
}

/** An answer that is late is there in a moment: until then what was told stands, or each would be two writes. */
function whyServing({ last, isSpecChanged, demand }: View, sleep: SleepDecision): Refusal {
  if (!('reason' in sleep)) return { reason: 'Serving', message: 'traffic goes straight to the pods' };
  const isLate = demand.state === 'pending' && sleep.reason === demand.reason;
  const isSteady = last.phase === 'Serving' && !isSpecChanged;
  const told = last.conditions?.find(({ type, status }) => type === 'Ready' && status === 'True');
  const { reason, message } = isLate && isSteady && told !== undefined ? told : sleep;
  return { reason, message };
}

function pendingLeave(leave: LeaveProxy): Pick<Decision, 'patches' | 'unread' | 'againInSeconds'> {
  return {
    patches: leave.kind === 'unpause' ? [leave.patch] : [],
    unread: leave.kind === 'unread' ? [leave.what] : [],
    againInSeconds: leave.kind === 'wait' ? leave.againInSeconds : SOON_SECONDS,
  };
}
