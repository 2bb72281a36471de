import { API_VERSION, WAKE_ANNOTATION } from '../../api/elastiservice.ts';
import type { Child, Parent } from '../../api/hooks.ts';
import { EndpointSlice, type Target } from '../../api/kubernetes.ts';
import { redirectionHash } from '../../core/redirection-hash.ts';
import { makeResolverSlices } from '../../core/resources/resolver-slices.ts';
import type { Logger } from '../ports.ts';
import type { SleepPatch } from '../zero-step.ts';
import { keyOf, keyOfTarget, type ModelCluster } from './model-cluster.ts';

// One shop: the ElastiService `web` in namespace `shop` with its Deployment, its slice and, where asked for, KEDA.

export const SHOP = 'shop';
export const WEB = { namespace: SHOP, name: 'web' };
export const UID = 'uid-web';
export const TARGET: Target = { namespace: SHOP, apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
export const SETTINGS = { zeroDeadlineSeconds: 5, drainSeconds: 5, clockSkewSeconds: 1 };

export const SPEC = {
  service: 'web',
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
  triggers: [{ type: 'prometheus', metadata: { query: 'rps', threshold: 1 } }],
};

export interface ParentOverrides {
  readonly metadata?: Partial<Parent['metadata']>;
  readonly spec?: object;
  readonly status?: object;
  readonly token?: string;
}

/** An ElastiService as the API sends it; `spec` and `metadata` are laid over those of `web`. */
export function makeParent({ metadata, spec, status, token }: ParentOverrides = {}): Parent {
  return {
    apiVersion: API_VERSION,
    kind: 'ElastiService',
    metadata: {
      ...WEB,
      uid: UID,
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(token === undefined ? {} : { annotations: { [WAKE_ANNOTATION]: token } }),
      ...metadata,
    },
    spec: { ...SPEC, ...spec },
    ...(status === undefined ? {} : { status }),
  };
}

/** Another ElastiService, on another Service, that names the same target. */
export function makeSharer({ metadata, ...rest }: ParentOverrides = {}): Parent {
  return makeParent({
    ...rest,
    metadata: { name: 'api', uid: 'uid-api', ...metadata },
    spec: { service: 'api', ...rest.spec },
  });
}

export function makeSlices(addresses: readonly string[] = ['10.0.0.1', '10.0.0.2']): readonly Child[] {
  return makeResolverSlices({
    service: { metadata: { name: 'web' }, spec: { ports: [{ name: 'http', port: 80 }] } },
    privateService: 'elasti-web-pvt-4b5e57f6eb',
    namespace: SHOP,
    family: 'IPv4',
    endpoints: addresses.map((address, i) => ({ address, nodeName: `node-${i}`, zone: undefined })),
    resolverPortOf: () => 8012,
    observed: new Map(),
  });
}

/** The desired slice as it stands in the cluster; `change` edits it on the way. */
export function observedSlice(desired: Child, change: object = {}): EndpointSlice {
  return EndpointSlice.parse({ ...desired, ...change });
}

export function makeSleepPatch(overrides: Partial<SleepPatch> = {}): SleepPatch {
  const slices = makeSlices();
  const observed = slices.map((slice) => observedSlice(slice));
  return {
    kind: 'sleep',
    target: TARGET,
    autoscaler: undefined,
    guard: { uid: UID, generation: 1, wakeToken: undefined, redirectionHash: redirectionHash(observed), slices },
    ...overrides,
  };
}

export const KEDA = { type: 'keda', name: 'web-scaler' } as const;
export const SCALED_OBJECT = { namespace: SHOP, name: KEDA.name };

/** Puts the shop into the cluster: 3 replicas that serve, redirected and ready to be put to sleep. */
export function openShop(cluster: ModelCluster, { replicas = 3 }: { readonly replicas?: number } = {}): void {
  cluster.targets.set(keyOfTarget(TARGET), { replicas, statusReplicas: replicas });
  cluster.elastiServices.set(keyOf(WEB), makeParent());
  for (const slice of makeSlices()) cluster.slices.set(`${SHOP}/${slice.metadata.name}`, observedSlice(slice));
  cluster.scaledObjects.set(keyOf(SCALED_OBJECT), { annotations: {}, minReplicaCount: 1 });
}

export const replicasOf = (cluster: ModelCluster) => cluster.targets.get(keyOfTarget(TARGET))?.replicas;

export const setReplicas = (cluster: ModelCluster, replicas: number) =>
  cluster.targets.set(keyOfTarget(TARGET), { replicas, statusReplicas: replicas });

export const annotationsOf = (cluster: ModelCluster) => cluster.scaledObjects.get(keyOf(SCALED_OBJECT))?.annotations;

export const setToken = (cluster: ModelCluster, token: string) =>
  cluster.elastiServices.set(keyOf(WEB), makeParent({ token }));

export const silentLog: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };
