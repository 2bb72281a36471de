import { KEEP_AWAKE_ANNOTATION, SLEEP_ANNOTATION, WAKE_ANNOTATION } from '../api/elastiservice.ts';
import type { Parent } from '../api/hooks.ts';
import type { EndpointSlice, Target } from '../api/kubernetes.ts';
import { isOurSlice, isOwnSlice } from '../core/observe.ts';
import { isTcp } from '../core/resources/private-service.ts';
import { isSliceCurrent, readyEndpoints } from '../core/resources/resolver-slices.ts';
import { sharersOf } from '../core/sharers.ts';
import { secondsSince } from '../core/time.ts';
import type { Outcome, Settings, SleepGuard } from '../core/types.ts';
import { isAgainstSleep, willOf } from '../core/will.ts';
import { refused } from './outcomes.ts';

/** What was read live, at about one time. */
export interface Live {
  /** The ElastiService itself and all that may share its target. */
  readonly parents: readonly Parent[];
  /** The slices that carry the Service's name. */
  readonly slices: readonly EndpointSlice[];
}

/** Why replicas must not be 0, if there is a reason: the guard no longer holds, or others need the target. */
export function guardObjection(
  { guard, target }: { readonly guard: SleepGuard; readonly target: Target },
  live: Live,
  options: { readonly now: Date } & Pick<Settings, 'drainSeconds' | 'clockSkewSeconds'>,
): Outcome | undefined {
  const own = live.parents.find(({ metadata }) => metadata.uid === guard.uid);
  if (own === undefined || own.metadata.deletionTimestamp !== undefined) {
    return refused('ElastiServiceGone', 'the ElastiService was deleted meanwhile');
  }
  if (own.metadata.annotations?.[WAKE_ANNOTATION] !== guard.wakeToken) {
    return refused('WakePending', 'a wake arrived meanwhile');
  }
  if (isKeptAwakeBy(own, options.now)) return refused('KeptAwake', 'a person keeps it awake since a moment ago');
  if (own.metadata.generation !== guard.generation) {
    return refused('ElastiServiceChanged', 'the ElastiService was changed meanwhile');
  }
  // Slices that were changed in place are no younger for it: only a status that is younger than the observed one tells.
  if (redirectedSinceOf(own) !== guard.redirectedSince) {
    return refused('RedirectionChanged', 'the redirection began anew meanwhile');
  }
  if (!areSlicesComplete(guard, live.slices)) {
    return refused('SlicesIncomplete', 'the slices to the resolver are not all there as they must be');
  }
  if (areSlicesYoung(live.slices, options)) {
    return refused('SlicesYoung', 'the slices to the resolver have not stood for the drain time');
  }
  const sharer = sharersOf(live.parents, { uid: guard.uid, target }, options.now, options).find((s) => !s.isDrained);
  if (sharer !== undefined) {
    return refused('TargetShared', `ElastiService ${sharer.name} has the same target and is not drained`);
  }
  return undefined;
}

/** An annotation moves no generation. */
function isKeptAwakeBy({ metadata: { annotations } }: Parent, now: Date): boolean {
  const keepAwakeUntil = annotations?.[KEEP_AWAKE_ANNOTATION];
  const sleepSwitch = annotations?.[SLEEP_ANNOTATION];
  return isAgainstSleep(willOf({ keepAwakeUntil, sleepSwitch, status: undefined }, now));
}

const redirectedSinceOf = ({ status }: Parent): unknown =>
  (status as { readonly redirectedSince?: unknown } | undefined)?.redirectedSince;

/** Without a slice that lists a ready resolver nobody would hold the requests, so none at all is incomplete too. */
function areSlicesComplete(guard: SleepGuard, slices: readonly EndpointSlice[]): boolean {
  const byName = new Map(slices.map((slice) => [slice.metadata.name, slice]));
  const isComplete = guard.slices.every((desired) => {
    const observed = byName.get(desired.metadata.name);
    return observed !== undefined && isSliceCurrent(observed, desired) && readyEndpoints(observed).length > 0;
  });
  return isComplete && guard.slices.length > 0 && areAllPortsRedirected(slices);
}

/** A port that was added to the Service a moment ago is in the Service's own slices before a sync can have seen it. */
function areAllPortsRedirected(slices: readonly EndpointSlice[]): boolean {
  const redirected = new Set(slices.filter(isOurSlice).flatMap(tcpPortNames));
  return slices
    .filter(isOwnSlice)
    .flatMap(tcpPortNames)
    .every((name) => redirected.has(name));
}

const tcpPortNames = ({ ports }: EndpointSlice): readonly string[] =>
  (ports ?? []).filter(isTcp).map(({ name }) => name ?? '');

// The status that says since when traffic is redirected comes from a watch, and so may be older than the slices beside
// it: where they went and came again, it still tells of the first ones. Their own age cannot be wrong like that. The
// skew is not added: the API server cuts its times to whole seconds, and the core has waited for it already.
function areSlicesYoung(
  slices: readonly EndpointSlice[],
  { now, drainSeconds }: { readonly now: Date; readonly drainSeconds: number },
): boolean {
  return slices.filter(isOurSlice).some(({ metadata }) => secondsSince(metadata.creationTimestamp, now) < drainSeconds);
}
