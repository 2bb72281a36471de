import { KEEP_AWAKE_ANNOTATION, SLEEP_ANNOTATION, WAKE_ANNOTATION } from '../api/elastiservice.ts';
import type { Parent } from '../api/hooks.ts';
import type { EndpointSlice, Target } from '../api/kubernetes.ts';
import { isOurSlice, isOwnSlice } from '../core/observe.ts';
import { redirectionHash } from '../core/redirection-hash.ts';
import { isTcp } from '../core/resources/private-service.ts';
import { hasReadyEndpoint, isSliceCurrent } from '../core/resources/resolver-slices.ts';
import { sharersOf } from '../core/sharers.ts';
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
  const slices = theirSlices(guard, live.slices);
  if (!areSlicesComplete(guard, slices) || !areAllPortsRedirected(live.slices)) {
    return refused('SlicesIncomplete', 'the slices to the resolver are not all there as they must be');
  }
  // The drain was counted for those that were observed: what was made anew or changed meanwhile is younger than that.
  if (redirectionHash(slices) !== guard.redirectionHash) {
    return refused('RedirectionChanged', 'the slices to the resolver were changed meanwhile');
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

function theirSlices(guard: SleepGuard, slices: readonly EndpointSlice[]): readonly EndpointSlice[] {
  const names = new Set(guard.slices.map(({ metadata }) => metadata.name));
  return slices.filter(({ metadata }) => names.has(metadata.name));
}

/** Without a slice that lists a ready resolver nobody would hold the requests, so none at all is incomplete too. */
function areSlicesComplete(guard: SleepGuard, slices: readonly EndpointSlice[]): boolean {
  const byName = new Map(slices.map((slice) => [slice.metadata.name, slice]));
  const isComplete = guard.slices.every((desired) => {
    const observed = byName.get(desired.metadata.name);
    return observed !== undefined && isSliceCurrent(observed, desired) && hasReadyEndpoint(observed);
  });
  return isComplete && guard.slices.length > 0;
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
