import type { ElastiServiceSpec, ElastiServiceStatus, ResolverPort } from '../api/elastiservice.ts';
import type { Child } from '../api/hooks.ts';
import type { EndpointSlice, Service, Target } from '../api/kubernetes.ts';

/** What the whole service runs with. All durations in seconds. */
export interface Settings {
  readonly resolver: {
    readonly namespace: string;
    readonly serviceName: string;
    /** The one port that all connections come to, under routing by host. */
    readonly proxyPort: number;
    /** How the resolver tells whose a connection is: by the port that it came in on, or by the Host header. */
    readonly routing: 'port' | 'host';
  };
  readonly pollSeconds: number;
  /** How long traffic must have been redirected before replicas go to 0. */
  readonly drainSeconds: number;
  /** How long pods must have been ready before the redirection ends. */
  readonly settleSeconds: number;
  /** After how long without a ready resolver what we put to sleep is woken. */
  readonly resolverGoneSeconds: number;
  /** How long after leaving proxy mode it is entered again by our own will, at the earliest. */
  readonly reentrySeconds: number;
  /** From the observation to the last request that a zero step may start. */
  readonly zeroDeadlineSeconds: number;
  /** How far two clocks may be apart, added to drain and settle. */
  readonly clockSkewSeconds: number;
  readonly reservedNamespaces: readonly string[];
  /** Where we act at all; none given: everywhere. */
  readonly watchNamespaces?: readonly string[];
  /** Nothing falls asleep, and what is not ours to restore is left as it is; the status says what would be done. */
  readonly isObserveOnly?: boolean;
  /**
   * Who watches what decisions rest on, beside the ElastiService and its children. Where we do, Metacontroller's timers are for
   * what is under way alone. Default: metacontroller.
   */
  readonly observedBy?: 'metacontroller' | 'watch';
}

/** Ports from the first to the last, both included. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** A trigger's evaluation. `failed`: we do not know; `pending`: we do not know yet, ask again soon. */
export interface TriggerReading {
  readonly state: 'active' | 'idle' | 'failed' | 'pending';
  /** PascalCase, stable: BelowThreshold, AtOrAboveThreshold, Timeout, HttpStatus, NotANumber, EmptyResult ... */
  readonly reason: string;
  /** A short sentence without anything that the server answered or that may be secret. */
  readonly message: string;
  /** Seconds since the server was asked; 0 for failed and pending. */
  readonly ageSeconds: number;
}

/** `/scale` of the target. unread: not asked for. failed: asked, no answer. */
export type ScaleReading =
  | { readonly kind: 'unread' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'found'; readonly replicas: number };

/** Whether the status in the request is the one in the cluster: a watch may lag behind what we answered last. */
export type StatusReading =
  | { readonly kind: 'unread' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'current' }
  | { readonly kind: 'outdated' };

/** The KEDA ScaledObject. */
export type AutoscalerReading =
  | { readonly kind: 'unread' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'missing' }
  | { readonly kind: 'found'; readonly pausedBy: 'nobody' | 'elasti' | 'other'; readonly minReplicaCount: number };

/** The other ElastiServices that name the same target. */
export type SharersReading =
  | { readonly kind: 'unread' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'found'; readonly sharers: readonly Sharer[] };

/** How many ready resolver addresses a live read shows. */
export type LiveResolversReading =
  | { readonly kind: 'unread' }
  | { readonly kind: 'failed'; readonly reason: string }
  | { readonly kind: 'found'; readonly count: number };

/** For how long looks at the Service's own slices, this one included, have shown the very same. */
export type UnchangedReading = { readonly kind: 'unread' } | { readonly kind: 'found'; readonly seconds: number };

/** The ports of the resolver that are claimed for the Service's TCP ports. */
export type ResolverPortsReading =
  | { readonly kind: 'unread' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** By port. */
  | { readonly kind: 'found'; readonly ports: readonly ResolverPort[] };

/** The ready resolver addresses that were seen to accept connections on every port that was asked for. */
export type ListeningReading =
  | { readonly kind: 'unread' }
  | { readonly kind: 'found'; readonly addresses: readonly string[] };

/** The connections of this ElastiService, and of those that share its target, at all resolvers together. */
export type FlowsReading =
  | { readonly kind: 'unread' }
  | { readonly kind: 'failed'; readonly reason: string }
  /** open: they have reached a pod; held: they wait for one. */
  | { readonly kind: 'found'; readonly open: number; readonly held: number };

/** Which rules of spec.probeResponse the resolver cannot use. */
export type ProbeRulesReading =
  | { readonly kind: 'unread' }
  | { readonly kind: 'found'; readonly unusable: readonly UnusableRule[] };

/** A rule that matches nothing, by its place in spec.probeResponse. */
export interface UnusableRule {
  readonly index: number;
  /** tooLarge: it alone, or with the rules before it. */
  readonly problem: 'malformed' | 'tooLarge';
}

/** Another ElastiService that names the same target. */
export interface Sharer {
  readonly name: string;
  readonly uid: string;
  /** idle for its whole cooldown, or drained or asleep already: it may join in. */
  readonly isIdle: boolean;
  /** Its traffic is redirected for the drain time, or it sleeps already: the target may go to zero. */
  readonly isDrained: boolean;
  /** Since when it drains; undefined: it does not. */
  readonly drainingSince: string | undefined;
}

/** What the hook request does not carry, gathered beside it and handed in as data. */
export interface Context {
  readonly now: Date;
  /** One per trigger, in order; empty when not asked for. */
  readonly readings: readonly TriggerReading[];
  /** Proof over the whole cooldown, one per trigger; empty when not asked for. */
  readonly proof: readonly TriggerReading[];
  readonly scale: ScaleReading;
  readonly status: StatusReading;
  readonly autoscaler: AutoscalerReading;
  readonly sharers: SharersReading;
  readonly liveResolvers: LiveResolversReading;
  readonly ownUnchanged: UnchangedReading;
  readonly resolverPorts: ResolverPortsReading;
  readonly listening: ListeningReading;
  readonly flows: FlowsReading;
  readonly probeRules: ProbeRulesReading;
}

/** What a decision needs beyond the request and what was gathered so far. Nothing is read that is not named here. */
export interface Needs {
  /** undefined: no reading needed. Otherwise readings may be this old. */
  readonly readings: { readonly maxAgeSeconds: number } | undefined;
  readonly proof: { readonly windowSeconds: number } | undefined;
  /** undefined: not needed. Otherwise the reading may be this old. */
  readonly scale: { readonly maxAgeSeconds: number } | undefined;
  readonly status: boolean;
  readonly autoscaler: { readonly maxAgeSeconds: number } | undefined;
  readonly sharers: { readonly maxAgeSeconds: number } | undefined;
  readonly liveResolvers: boolean;
  readonly ownUnchanged: boolean;
  /** undefined: not needed. Otherwise a port of the resolver for each TCP port of the Service, as known this long ago. */
  readonly resolverPorts: { readonly maxAgeSeconds: number } | undefined;
  /** undefined: not needed. Otherwise which ready resolvers accept connections on all of these ports of theirs. */
  readonly listening: { readonly ports: readonly number[] } | undefined;
  readonly flows: boolean;
  readonly probeRules: boolean;
}

/** What must hold, live, for replicas to go to 0. The core names it, the shell checks it and acts. */
export interface SleepGuard {
  readonly uid: string;
  readonly generation: number;
  /** The wake annotation as observed, undefined where there is none. */
  readonly wakeToken: string | undefined;
  /** Of the slices as observed: the drain was counted for them. */
  readonly redirectionHash: string | undefined;
  /** The slices to the resolver, whole, as they must stand in the cluster. */
  readonly slices: readonly Child[];
}

export interface AutoscalerRef {
  readonly type: 'hpa' | 'keda';
  readonly name: string;
}

/** One ordered effect on `/scale` or on KEDA's pause. */
export type ScalePatch =
  | {
      readonly kind: 'wake';
      readonly target: Target;
      /** Raise to this, only from 0. */
      readonly replicas: number;
      readonly autoscaler: AutoscalerRef | undefined;
      readonly cause: WakeCause;
      /** True where the whole fleet may want the same at once: the shell bounds the rate. */
      readonly isRateLimited: boolean;
    }
  | {
      readonly kind: 'sleep';
      readonly target: Target;
      readonly autoscaler: AutoscalerRef | undefined;
      readonly guard: SleepGuard;
    };

export type WakeCause =
  | 'Wake'
  | 'Trigger'
  | 'ResolverGone'
  | 'OutsideEnabledPeriod'
  | 'KeptAwake'
  | 'Deleted'
  | 'Unpause';

/** An Event on the ElastiService. */
export interface EventIntent {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Outcome of a scale patch, folded into the conditions of the same answer. */
export type Outcome =
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly reason: string; readonly message: string }
  | { readonly kind: 'failed'; readonly reason: string; readonly message: string };

/** The whole answer of the core to /sync. scalePatches and events never go on the wire. */
export interface SyncResult {
  readonly status: ElastiServiceStatus;
  readonly children: readonly Child[];
  readonly resyncAfterSeconds: number;
  readonly scalePatches: readonly ScalePatch[];
  readonly events: readonly EventIntent[];
}

export interface FinalizeResult extends SyncResult {
  readonly finalized: boolean;
}

/** The parent once parsed. */
export interface ElastiService {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  readonly createdAt: Date;
  readonly deletedAt: Date | undefined;
  readonly wakeToken: string | undefined;
  /** What a person wants of it, as annotated. */
  readonly keepAwakeUntil: string | undefined;
  readonly sleepSwitch: string | undefined;
  readonly spec: ElastiServiceSpec;
  /** undefined: there never was one, or it was lost. */
  readonly status: ElastiServiceStatus | undefined;
}

/** A ready address of the resolver, or of pods. */
export interface ReadyEndpoint {
  readonly address: string;
  readonly nodeName: string | undefined;
  readonly zone: string | undefined;
}

/** A pod of the resolver, by one of its addresses. */
export interface ResolverPod {
  readonly address: string;
  /** Tells it from a later pod at the same address; undefined where the slice does not say. */
  readonly uid: string | undefined;
  /** false: on its way in or out. */
  readonly isReady: boolean;
}

export type AddressType = 'IPv4' | 'IPv6';

/** All that one hook request says, made plain. */
export interface RequestFacts {
  readonly elastiService: ElastiService;
  readonly target: Target;
  /** unknown: the kind was missing from the request. */
  readonly publicService: Service | 'missing' | 'unknown';
  /** Name of the private Service as it should be. */
  readonly privateServiceName: string;
  /** The private Service as a child of ours, if observed. */
  readonly privateService: Service | undefined;
  /** Who controls the private Service, where that is not this ElastiService. */
  readonly claimedBy: string | undefined;
  /** The Service's own EndpointSlices; none where the kind was missing. */
  readonly ownSlices: readonly EndpointSlice[];
  /** Whether they show a ready, not terminating endpoint; unknown: the kind was missing. */
  readonly readiness: 'ready' | 'notReady' | 'unknown';
  /** Whether own slices list any endpoint at all, ready or not: pods exist. */
  readonly hasEndpoints: boolean;
  /** Somebody else's slice with ready endpoints on the public Service, by name. */
  readonly foreignSlice: string | undefined;
  /** Ready resolver addresses per family, sorted; undefined: unknown. */
  readonly resolver: ReadonlyMap<AddressType, readonly ReadyEndpoint[]> | undefined;
  /** Every pod of the resolver that its slices show, ready or not; none under routing by host, where nobody asks them. */
  readonly resolverPods: readonly ResolverPod[];
  /** Our slices to the resolver as observed among the children, by name. */
  readonly slices: ReadonlyMap<string, EndpointSlice>;
}

/** What one hook request says, and the children that follow from it whatever the phase. */
export interface Facts extends RequestFacts {
  readonly desired: DesiredChildren;
}

/** The children as they should be, whatever the phase. */
export interface DesiredChildren {
  readonly privateService: Child | undefined;
  /** The slices for while the Service is redirected. */
  readonly slices: readonly Child[];
  /** `complete`: all of them stand in the cluster as desired, and no other slice of ours does; `namingOthers`: but for whom the slices name. */
  readonly standing: 'complete' | 'namingOthers' | 'incomplete';
}
