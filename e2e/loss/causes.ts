import type { Loss } from './book.ts';
import type { PodRecord } from './witness.ts';

/** Causes of a loss, by the names that the simulation's ledger has for them; those that are ours must never occur. */
export const CAUSES = {
  noEndpoint: { isOurs: true, sentence: 'nobody stood behind the Service' },
  stalePod: { isOurs: true, sentence: 'a pod that ended in good order, with a preStop, was still being sent it' },
  staleResolver: {
    isOurs: true,
    sentence: 'a resolver that left in good order was still being sent it, or cut it off',
  },
  livingPod: { isOurs: true, sentence: 'lost at a pod or a resolver that nobody had asked to end' },
  unanswered: { isOurs: true, sentence: 'nobody answered for as long as clients wait' },
  wrongAnswer: { isOurs: true, sentence: 'answered with an error, by another Service or with another body' },
  podCrashed: { isOurs: false, sentence: 'sent to a pod that was killed, through a resolver or not' },
  abruptPod: { isOurs: false, sentence: "a pod closed its listener at SIGTERM, within kube-proxy's sync window" },
  cutByAbruptPod: { isOurs: false, sentence: 'a pod that ends at SIGTERM cut what it was answering' },
  resolverKilled: { isOurs: false, sentence: 'held or passed on by, or sent to, a resolver that was killed' },
  standstill: {
    isOurs: false,
    sentence: 'the API server took no write for seconds, or kube-proxy did not hear of one',
  },
  noPod: { isOurs: false, sentence: 'replicas were raised, and no pod came to be ready for as long as clients wait' },
  endpointsLate: {
    isOurs: false,
    sentence: 'Kubernetes had not taken a pod out of its EndpointSlices that had long been asked to end',
  },
  resolverAbsent: { isOurs: false, sentence: 'no resolver was there' },
} as const;
export type Cause = keyof typeof CAUSES;

/** Something that a fault did, and for how long it excuses what. */
export type Harm =
  | { readonly kind: 'killed'; readonly address: string; readonly fromMs: number; readonly untilMs: number }
  /** What was to be written came through to kube-proxy only then. */
  | { readonly kind: 'standstill'; readonly fromMs: number; readonly untilMs: number }
  | { readonly kind: 'noResolver'; readonly fromMs: number; readonly untilMs: number };

interface Evidence {
  readonly loss: Loss;
  readonly harms: readonly Harm[];
  /** Pods that had the address, latest last. */
  podsAt(address: string): readonly PodRecord[];
  /** Those that its site ever had. */
  readonly sitePods: readonly PodRecord[];
  /** Since when replicas had been above 0 when it was lost; undefined: they were not. */
  readonly raisedSinceMs: number | undefined;
  /** Since when Kubernetes' own slices have not shown an address as ready; undefined: one does. */
  withdrawnSince(address: string): number | undefined;
  /** Whether a resolver has passed its connection on to one of these pods. */
  wasPassedOn(pods: readonly PodRecord[]): boolean;
}

/** Why a request was lost, by whom its connection had been sent to and what had been done to that one. */
export function causeOf(evidence: Evidence): Cause {
  const { loss, harms, podsAt, sitePods, raisedSinceMs, withdrawnSince, wasPassedOn } = evidence;
  const { outcome, destination, connectedAtMs = Number.POSITIVE_INFINITY, endedAtMs, site } = loss;
  // What is said while a connection is being opened fails with it, for what there was when that began.
  const beganAtMs = outcome.lost.end === 'refused' ? Math.min(loss.beganAtMs, connectedAtMs) : loss.beganAtMs;
  const isDuring = ({ fromMs, untilMs }: Harm) => beganAtMs <= untilMs && endedAtMs >= fromMs;
  const isResolverAbsent = harms.some((harm) => harm.kind === 'noResolver' && isDuring(harm));
  if (outcome.lost.end === 'wrong') return 'wrongAnswer';
  const isStill = harms.some((harm) => harm.kind === 'standstill' && isDuring(harm));
  const killed = harms.flatMap((harm) => (harm.kind === 'killed' && isDuring(harm) ? [harm.address] : []));
  if (outcome.lost.end === 'unanswered') {
    // What was killed answers with a reset, unless its address went with it.
    const isSilenced = podsAt(destination ?? '').some(
      ({ goneAtMs }) => goneAtMs !== undefined && goneAtMs <= endedAtMs,
    );
    if (!isSilenced || !killed.includes(destination ?? '')) {
      const stillMs = harms
        .filter(({ kind }) => kind === 'standstill')
        .map(({ fromMs, untilMs }) => Math.min(untilMs, endedAtMs) - Math.max(fromMs, beganAtMs))
        .reduce((sum, ms) => sum + Math.max(0, ms), 0);
      if (stillMs > (endedAtMs - beganAtMs) / 2) return 'standstill';
      return isPodMissing({ loss, sitePods, raisedSinceMs }) ? 'noPod' : 'unanswered';
    }
  }
  // kube-proxy sends new connections where it last knew of somebody, or to nobody.
  const isMisled = isStill && outcome.lost.end === 'refused';
  if (destination === undefined) return isResolverAbsent ? 'resolverAbsent' : isMisled ? 'standstill' : 'noEndpoint';

  const pod = podsAt(destination).findLast(
    ({ goneAtMs = Number.POSITIVE_INFINITY }) => goneAtMs >= beganAtMs - GONE_MS,
  );
  const isOfSite = (each: PodRecord | undefined) => each?.app === site.name && each.namespace === site.namespace;
  // A resolver passes on what the pod behind it does.
  const isCutBehind = (isCutting: (each: PodRecord) => boolean) =>
    outcome.lost.end === 'reset' && !isOfSite(pod) && wasPassedOn(sitePods.filter(isCutting));
  const isKilled = ({ addresses }: PodRecord) => addresses.some((address) => killed.includes(address));
  if (isOfSite(pod) ? killed.includes(destination) : isCutBehind(isKilled)) return 'podCrashed';
  if (killed.includes(destination)) return 'resolverKilled';
  if (!isOfSite(pod) && isResolverAbsent) return 'resolverAbsent';
  const isEnding = ({ deletedAtMs = Number.POSITIVE_INFINITY, goneAtMs = Number.POSITIVE_INFINITY }: PodRecord) =>
    deletedAtMs <= endedAtMs + WATCH_LAG_MS && goneAtMs >= beganAtMs - WATCH_LAG_MS;
  const isNew = loss.client.endsWith('-new');
  const mayCut = site.manners === 'abrupt' || (site.manners === 'policed' && !isNew);
  if (mayCut && isCutBehind(isEnding)) return 'cutByAbruptPod';
  const isShown = ({ addresses }: PodRecord) =>
    addresses.some((address) => (withdrawnSince(address) ?? Number.POSITIVE_INFINITY) + FOLLOWED_MS > beganAtMs);
  if (isCutBehind((each) => isEnding(each) && isShown(each))) return 'endpointsLate';
  const isEnded = pod?.deletedAtMs !== undefined && pod.deletedAtMs <= endedAtMs + WATCH_LAG_MS;
  const isAbruptEnd = isEnded && isOfSite(pod) && site.manners === 'abrupt';
  if (isMisled && !isAbruptEnd) return 'standstill';
  if (!isEnded) return 'livingPod';
  if (!isOfSite(pod)) return 'staleResolver';
  const { deletedAtMs = 0 } = pod;
  const isUntold = ({ kind, fromMs, untilMs }: Harm) =>
    kind === 'standstill' && fromMs <= beganAtMs && untilMs >= deletedAtMs;
  if (site.manners !== 'abrupt') {
    // kube-proxy could not have heard that the pod ends.
    if (harms.some(isUntold)) return 'standstill';
    if (isShown(pod)) return 'endpointsLate';
    // Nobody else was there to be sent to: what sleeps has the resolver alone.
    if (isResolverAbsent && raisedSinceMs === undefined) return 'resolverAbsent';
  }
  if (site.manners === 'graceful') return 'stalePod';
  const isNewConnection = isNew || outcome.lost.end === 'refused';
  // A preStop hook outlasts what kube-proxy still sends; what clients keep open is for the application to end well.
  if (site.manners === 'policed') return isNewConnection ? 'stalePod' : 'cutByAbruptPod';
  return outcome.lost.end === 'refused' ? 'abruptPod' : 'cutByAbruptPod';
}

/** It was woken in time, and then none of its pods was ready early enough to answer. */
function isPodMissing({
  loss,
  sitePods,
  raisedSinceMs,
}: Pick<Evidence, 'loss' | 'sitePods' | 'raisedSinceMs'>): boolean {
  const { beganAtMs, endedAtMs } = loss;
  if (raisedSinceMs === undefined || raisedSinceMs > beganAtMs + RAISED_MS) return false;
  return !sitePods.some(
    ({ firstReadyAtMs = Number.POSITIVE_INFINITY, deletedAtMs = Number.POSITIVE_INFINITY }) =>
      firstReadyAtMs <= endedAtMs - ANSWERED_MS && deletedAtMs > raisedSinceMs,
  );
}

/** Within this a wake is to have raised replicas, and a ready pod to have answered those who waited. */
const RAISED_MS = 10_000;
const ANSWERED_MS = 5000;

/** kube-proxy and resolvers follow the slices within this, on a busy machine. */
const FOLLOWED_MS = 2500;
/** A connection may be sent to a pod for a moment after it is gone; addresses are used again much later. */
const GONE_MS = 10_000;
/** The kubelet may hear of a deletion before we do. */
const WATCH_LAG_MS = 1500;
