import type { Target } from '../api/kubernetes.ts';

interface Kind {
  readonly apiVersion: string;
  readonly plural: string;
}

export const ELASTI_SERVICES: Kind = { apiVersion: 'elasti.truefoundry.com/v1alpha1', plural: 'elastiservices' };
export const SCALED_OBJECTS: Kind = { apiVersion: 'keda.sh/v1alpha1', plural: 'scaledobjects' };
export const SERVICES: Kind = { apiVersion: 'v1', plural: 'services' };
export const SLICES: Kind = { apiVersion: 'discovery.k8s.io/v1', plural: 'endpointslices' };
export const EVENTS: Kind = { apiVersion: 'v1', plural: 'events' };
export const CONFIG_MAPS: Kind = { apiVersion: 'v1', plural: 'configmaps' };
export const SECRETS: Kind = { apiVersion: 'v1', plural: 'secrets' };

/** The form of answers that hold no more of objects than their metadata: of a list, and of one or the events of a watch. */
export const METADATA_ONLY = {
  list: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1',
  object: 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1',
} as const;

const TARGET_PLURALS = { Deployment: 'deployments', StatefulSet: 'statefulsets', Rollout: 'rollouts' } as const;

/** Path of a kind in one namespace or, without one, in all. */
export function listPath({ apiVersion, plural }: Kind, namespace?: string): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  return namespace === undefined
    ? `${root}/${plural}`
    : `${root}/namespaces/${encodeURIComponent(namespace)}/${plural}`;
}

/** Path of one object. */
export function objectPath(kind: Kind, { namespace, name }: { namespace: string; name: string }): string {
  return `${listPath(kind, namespace)}/${encodeURIComponent(name)}`;
}

/** The target's scale subresource: its path, its name for RBAC and metrics, and in words. */
export function scaleOf(target: Target): { path: string; resource: string; what: string } {
  const plural = TARGET_PLURALS[target.kind];
  return {
    path: `${objectPath({ apiVersion: target.apiVersion, plural }, target)}/scale`,
    resource: `${plural}/scale`,
    what: `scale of ${target.kind} ${target.namespace}/${target.name}`,
  };
}
