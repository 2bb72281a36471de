import type { Parent } from '../api/hooks.ts';
import type { EndpointSlice, ObjectRef, Scale, Service, Target } from '../api/kubernetes.ts';

// What the effects need from outside, as plain functions: `kube/` and `main` provide the real ones, tests and the
// simulation provide models. Every function of Cluster throws KubeApiError, and nothing else, when a call fails.

export interface CallOptions {
  /** The call is given up after this long (KubeApiError TIMEOUT); it may still have reached the API server. */
  readonly timeoutMs?: number;
}

/** A KEDA ScaledObject, as far as it concerns us. */
export interface ScaledObject {
  readonly resourceVersion: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** Absent and 0 both let KEDA itself scale to zero. */
  readonly minReplicaCount: number;
}

export interface ClusterEvent {
  /** The ElastiService that the event is about. */
  readonly regarding: ObjectRef & { readonly uid: string };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
  /** Two events with one key are one event. */
  readonly key: string;
}

export interface Cluster {
  /** The target's scale, or undefined where the target (or its kind) does not exist. */
  readScale(target: Target, options?: CallOptions): Promise<Scale | undefined>;
  /** Sets spec.replicas; CONFLICT when the target is no longer at resourceVersion, NOT_FOUND when it is gone. */
  writeScale(target: Target, scale: Scale, options?: CallOptions): Promise<Scale>;
  /** Live read, past every cache. */
  readElastiService(ref: ObjectRef, options?: CallOptions): Promise<Parent | undefined>;
  /** In one namespace, or in all that we watch; `service` selects by the selectable field spec.service. */
  listElastiServices(filter: { namespace?: string; service?: string }, options?: CallOptions): Promise<Parent[]>;
  /** Writes the wake annotation; CONFLICT when the ElastiService of that name has another uid, NOT_FOUND when it is gone. */
  writeWakeToken(ref: ObjectRef & { uid: string }, token: string, options?: CallOptions): Promise<Parent>;
  /** Live list of the EndpointSlices that carry the Service's name. */
  listSlices(namespace: string, serviceName: string, options?: CallOptions): Promise<EndpointSlice[]>;
  readScaledObject(ref: ObjectRef, options?: CallOptions): Promise<ScaledObject | undefined>;
  /** Sets annotations (null removes one); CONFLICT when the ScaledObject is no longer at resourceVersion. */
  annotateScaledObject(
    ref: ObjectRef,
    change: { annotations: Readonly<Record<string, string | null>>; resourceVersion: string },
    options?: CallOptions,
  ): Promise<void>;
  /** Creates an Event that `kubectl describe` shows on the ElastiService. An event of the same key is left as it is. */
  createEvent(event: ClusterEvent, options?: CallOptions): Promise<void>;
  /** The value at key, or undefined where Secret or key do not exist. */
  readSecretKey(ref: ObjectRef & { key: string }, options?: CallOptions): Promise<string | undefined>;
  /** Resolves when the API server answers at all. */
  ping(options?: CallOptions): Promise<void>;
}

/** What it takes to watch by ourselves. Every function throws as those of Cluster do. */
export interface SightCluster {
  readService(ref: ObjectRef, options?: CallOptions): Promise<Service | undefined>;
  /** Writes our nudge annotation; throws as writeWakeToken of Cluster does. */
  writeNudge(ref: ObjectRef & { uid: string }, value: string, options?: CallOptions): Promise<Parent>;
}

/** A ConfigMap, as far as it concerns us. */
export interface ConfigMap {
  readonly resourceVersion: string;
  readonly data: Readonly<Record<string, string>>;
}

export interface ConfigMapChange {
  readonly labels: Readonly<Record<string, string>>;
  /** Keys to set; the others stay. */
  readonly data: Readonly<Record<string, string>>;
}

/** What our own watch shows of the ConfigMaps of claims. */
export interface ClaimsSight {
  /** The version that it shows of one; undefined: too little is seen to tell. */
  versionOf(name: string): string | 'absent' | undefined;
}

/** What the claims of resolver ports need. Every function throws KubeApiError, and nothing else, when a call fails. */
export interface ClaimsCluster extends Pick<Cluster, 'listSlices'> {
  readConfigMap(ref: ObjectRef, options?: CallOptions): Promise<ConfigMap | undefined>;
  /** Gives its version; CONFLICT when there is one of that name already. */
  createConfigMap(ref: ObjectRef, change: ConfigMapChange, options?: CallOptions): Promise<string>;
  /** Gives the version after it; CONFLICT when the ConfigMap is no longer at resourceVersion, NOT_FOUND when it is gone. */
  patchConfigMap(
    ref: ObjectRef,
    change: ConfigMapChange & { resourceVersion: string },
    options?: CallOptions,
  ): Promise<string>;
  /** All of our EndpointSlices in the namespaces that we watch, live. */
  listOwnSlices(options?: CallOptions): Promise<EndpointSlice[]>;
  /** The uids of all ElastiServices that we watch, live; NOT_FOUND when the kind itself is gone. */
  listElastiServiceUids(options?: CallOptions): Promise<ReadonlySet<string>>;
}

export interface Clock {
  /** Wall clock, for what people and other processes read. */
  now(): Date;
  /** Milliseconds that never run backwards, for deadlines. */
  monotonicMs(): number;
  /** Resolves after ms, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Runs something after ms; what it gives back calls that off. Costs less than a sleep that is aborted. */
  after(ms: number, run: () => void): () => void;
}

export interface Random {
  /** A number in [0, 1). */
  next(): number;
  uuid(): string;
}

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
