import { WAKE_ANNOTATION } from '../../api/elastiservice.ts';
import type { Parent } from '../../api/hooks.ts';
import type { EndpointSlice, ObjectRef, Scale, Target } from '../../api/kubernetes.ts';
import { SERVICE_NAME_LABEL } from '../../core/resources/resolver-slices.ts';
import { KubeApiError, type KubeCode } from '../../errors.ts';
import type { CallOptions, ClaimsCluster, Clock, Cluster, ClusterEvent, ScaledObject } from '../ports.ts';
import { createObjects, type Objects } from './objects.ts';

/** One call of a Cluster function. */
export interface Call {
  /** Counted from 0 over the life of the cluster. */
  readonly index: number;
  readonly name: keyof Cluster | keyof ClaimsCluster;
  /** What it is about, such as `Deployment/shop/web`. */
  readonly subject: string;
  readonly isWrite: boolean;
}

/** Throws to make the call fail, changes the cluster, or takes its time. */
export type Hook = (call: Call) => void | Promise<void>;

export interface ModelTarget {
  readonly replicas: number;
  /** What the pods say; no effect may look at it. */
  readonly statusReplicas: number;
}

/**
 * A Kubernetes API in memory: optimistic concurrency, uids, generations. The functions of Cluster are the ones under
 * test; the objects beside them are what people and other controllers do, at once and without hooks.
 */
export interface ModelCluster extends Cluster {
  readonly targets: Objects<ModelTarget>;
  readonly elastiServices: Objects<Parent>;
  readonly slices: Objects<EndpointSlice>;
  readonly scaledObjects: Objects<Omit<ScaledObject, 'resourceVersion'>>;
  readonly secrets: Objects<Readonly<Record<string, string>>>;
  readonly calls: readonly Call[];
  readonly events: readonly ClusterEvent[];
  /** Before a call takes effect. Answers with the function that takes the hook away. */
  before(hook: Hook): () => void;
  /** After a call took effect and before its answer. */
  after(hook: Hook): () => void;
}

export const keyOf = ({ namespace, name }: ObjectRef) => `${namespace}/${name}`;
export const keyOfTarget = ({ kind, namespace, name }: Target) => `${kind}/${namespace}/${name}`;

/** An empty model cluster. Time-outs run on the clock; a call that timed out goes on and may still take effect. */
export function createModelCluster({ clock }: { readonly clock: Clock }): ModelCluster {
  let version = 0;
  const nextVersion = () => {
    version += 1;
    return String(version);
  };
  const targets = createObjects<ModelTarget>(nextVersion);
  const elastiServices = createObjects<Parent>(nextVersion);
  const slices = createObjects<EndpointSlice>(nextVersion);
  const scaledObjects = createObjects<Omit<ScaledObject, 'resourceVersion'>>(nextVersion);
  const secrets = createObjects<Readonly<Record<string, string>>>(nextVersion);
  const events = new Map<string, ClusterEvent>();
  const calls: Call[] = [];
  const before = new Set<Hook>();
  const after = new Set<Hook>();

  async function perform<T>(
    request: { readonly name: keyof Cluster; readonly subject: string; readonly options: CallOptions | undefined },
    act: () => T,
  ): Promise<T> {
    const { name, subject, options } = request;
    const call = { index: calls.length, name, subject, isWrite: /^(write|annotate|create)/.test(name) };
    calls.push(call);
    const served = (async () => {
      for (const hook of [...before]) await hook(call);
      const result = structuredClone(act());
      for (const hook of [...after]) await hook(call);
      return result;
    })();
    if (options?.timeoutMs === undefined) return served;
    const answered = new AbortController();
    const timedOut = clock.sleep(options.timeoutMs, answered.signal).then(() => {
      throw refusal('TIMEOUT', name, subject);
    });
    timedOut.catch(() => undefined);
    return Promise.race([served, timedOut]).finally(() => answered.abort());
  }

  const scaleAt = (target: Target): Scale | undefined => {
    const found = targets.get(keyOfTarget(target));
    return found && { replicas: found.replicas, resourceVersion: targets.versionOf(keyOfTarget(target)) ?? '' };
  };
  const stamped = (parent: Parent): Parent => {
    const resourceVersion = elastiServices.versionOf(keyOf(parent.metadata));
    return { ...parent, metadata: { ...parent.metadata, ...(resourceVersion ? { resourceVersion } : {}) } };
  };

  return {
    targets,
    elastiServices,
    slices,
    scaledObjects,
    secrets,
    calls,
    get events() {
      return [...events.values()];
    },
    before: (hook) => addHook(before, hook),
    after: (hook) => addHook(after, hook),

    readScale: (target, options) =>
      perform({ name: 'readScale', subject: keyOfTarget(target), options }, () => scaleAt(target)),

    writeScale: (target, scale, options) => {
      const key = keyOfTarget(target);
      return perform({ name: 'writeScale', subject: key, options }, () => {
        const found = targets.get(key);
        if (!found) throw refusal('NOT_FOUND', 'writeScale', key);
        if (targets.versionOf(key) !== scale.resourceVersion) throw refusal('CONFLICT', 'writeScale', key);
        targets.set(key, { ...found, replicas: scale.replicas });
        return scaleAt(target) as Scale;
      });
    },

    readElastiService: (ref, options) =>
      perform({ name: 'readElastiService', subject: keyOf(ref), options }, () => {
        const found = elastiServices.get(keyOf(ref));
        return found && stamped(found);
      }),

    listElastiServices: ({ namespace, service }, options) =>
      perform({ name: 'listElastiServices', subject: `${namespace ?? '*'}/${service ?? '*'}`, options }, () =>
        elastiServices
          .values()
          .filter((parent) => namespace === undefined || parent.metadata.namespace === namespace)
          .filter((parent) => service === undefined || Object(parent.spec).service === service)
          .map(stamped),
      ),

    writeWakeToken: (ref, token, options) => {
      const key = keyOf(ref);
      return perform({ name: 'writeWakeToken', subject: key, options }, () => {
        const found = elastiServices.get(key);
        if (!found) throw refusal('NOT_FOUND', 'writeWakeToken', key);
        if (found.metadata.uid !== ref.uid) throw refusal('CONFLICT', 'writeWakeToken', key);
        const annotations = { ...found.metadata.annotations, [WAKE_ANNOTATION]: token };
        elastiServices.set(key, { ...found, metadata: { ...found.metadata, annotations } });
        return stamped(elastiServices.get(key) as Parent);
      });
    },

    listSlices: (namespace, serviceName, options) =>
      perform({ name: 'listSlices', subject: `${namespace}/${serviceName}`, options }, () =>
        slices
          .values()
          .filter(
            ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[SERVICE_NAME_LABEL] === serviceName,
          ),
      ),

    readScaledObject: (ref, options) =>
      perform({ name: 'readScaledObject', subject: keyOf(ref), options }, () => {
        const found = scaledObjects.get(keyOf(ref));
        return found && { ...found, resourceVersion: scaledObjects.versionOf(keyOf(ref)) ?? '' };
      }),

    annotateScaledObject: (ref, change, options) => {
      const key = keyOf(ref);
      return perform({ name: 'annotateScaledObject', subject: key, options }, () => {
        const found = scaledObjects.get(key);
        if (!found) throw refusal('NOT_FOUND', 'annotateScaledObject', key);
        if (scaledObjects.versionOf(key) !== change.resourceVersion) {
          throw refusal('CONFLICT', 'annotateScaledObject', key);
        }
        const annotations: Record<string, string> = { ...found.annotations };
        for (const [name, value] of Object.entries(change.annotations)) {
          if (value === null) delete annotations[name];
          else annotations[name] = value;
        }
        scaledObjects.set(key, { ...found, annotations });
      });
    },

    createEvent: (event, options) =>
      perform({ name: 'createEvent', subject: keyOf(event.regarding), options }, () => {
        if (!events.has(event.key)) events.set(event.key, event);
      }),

    readSecretKey: (ref, options) =>
      perform({ name: 'readSecretKey', subject: keyOf(ref), options }, () => secrets.get(keyOf(ref))?.[ref.key]),

    ping: (options) => perform({ name: 'ping', subject: '', options }, () => undefined),
  };
}

function addHook(hooks: Set<Hook>, hook: Hook): () => void {
  hooks.add(hook);
  return () => {
    hooks.delete(hook);
  };
}

export function refusal(code: KubeCode, name: string, subject: string): KubeApiError {
  return new KubeApiError(code, `cannot ${name} ${subject}`);
}
