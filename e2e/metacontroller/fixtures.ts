import type { CompositeControllerObject } from './composite-controller-spec.ts';
import type { KubeObject, ObjectMeta } from './kube-object.ts';
import type { ResourceType } from './resource-type.ts';

// What the unit tests share: small objects, cut down from bodies that Metacontroller 4.17 posted.

export function elastiService(metadata: Partial<ObjectMeta> = {}): KubeObject {
  return {
    apiVersion: 'elasti.truefoundry.com/v1alpha1',
    kind: 'ElastiService',
    metadata: { name: 'web', namespace: 'shop', uid: 'uid-web', generation: 3, ...metadata },
    spec: { service: 'web' },
  };
}

export function service(metadata: Partial<ObjectMeta> = {}): KubeObject {
  const full = { name: 'web', namespace: 'shop', uid: 'uid-service', ...metadata };
  return { apiVersion: 'v1', kind: 'Service', metadata: full, spec: { selector: { app: 'web' } } };
}

export function endpointSlice(metadata: Partial<ObjectMeta> = {}): KubeObject {
  const full = { name: 'web-skvh2', namespace: 'shop', uid: 'uid-slice', ...metadata };
  return { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', metadata: full, addressType: 'IPv4' };
}

export const SERVICES: ResourceType = {
  apiVersion: 'v1',
  kind: 'Service',
  resource: 'services',
  isNamespaced: true,
  hasStatus: true,
};

export const ENDPOINT_SLICES: ResourceType = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  isNamespaced: true,
  hasStatus: false,
};

export const ELASTI_SERVICES: ResourceType = {
  apiVersion: 'elasti.truefoundry.com/v1alpha1',
  kind: 'ElastiService',
  resource: 'elastiservices',
  isNamespaced: true,
  hasStatus: true,
};

export function compositeController(): CompositeControllerObject {
  const updateStrategy = { method: 'InPlace' };
  const hook = (path: string) => ({ version: 'v2', webhook: { url: `http://127.0.0.1:7610${path}`, timeout: '5s' } });
  return {
    apiVersion: 'metacontroller.k8s.io/v1alpha1',
    kind: 'CompositeController',
    metadata: { name: 'elasti', uid: 'uid-controller', generation: 1 },
    spec: {
      parentResource: { apiVersion: 'elasti.truefoundry.com/v1alpha1', resource: 'elastiservices' },
      childResources: [
        { apiVersion: 'v1', resource: 'services', updateStrategy },
        { apiVersion: 'discovery.k8s.io/v1', resource: 'endpointslices', updateStrategy },
      ],
      hooks: { customize: hook('/customize'), sync: hook('/sync'), finalize: hook('/finalize') },
      generateSelector: true,
    },
  };
}
