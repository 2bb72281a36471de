import { API_VERSION, type ElastiServiceSpec, WAKE_ANNOTATION } from '../../api/elastiservice.ts';
import { type Child, SERVICES, SLICES, type SyncRequest } from '../../api/hooks.ts';
import { EndpointSlice, Service } from '../../api/kubernetes.ts';
import type { Settings } from '../../core/types.ts';

/** The cluster around one ElastiService, as far as the core sees it. */
export interface Model {
  replicas: number;
  /** From when on its pods are ready; undefined: there are none. */
  readyAtMs: number | undefined;
  status: unknown;
  wakeToken: string | undefined;
  children: readonly Observed[];
}

/** A child since it was made. */
export interface Observed {
  readonly child: Child;
  readonly madeAt: string;
}

const OWN = 'endpointslice-controller.k8s.io';

const slice = (namespace: string, service: string, endpoints: readonly unknown[]) =>
  EndpointSlice.parse({
    metadata: {
      name: `${service}-own`,
      namespace,
      labels: { 'kubernetes.io/service-name': service, 'endpointslice.kubernetes.io/managed-by': OWN },
    },
    addressType: 'IPv4',
    endpoints,
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
  });

const ready = (address: string) => ({ addresses: [address], conditions: { ready: true } });

/** Makes hook requests of a model: one Service with one port, one resolver, pods that are all ready or not. */
export function createRequests(
  { namespace, name, spec }: { readonly namespace: string; readonly name: string; readonly spec: ElastiServiceSpec },
  { resolver, createdAt }: { readonly resolver: Settings['resolver']; readonly createdAt: string },
): (model: Model, nowMs: number) => SyncRequest {
  const service = Service.parse({
    metadata: { name: spec.service, namespace },
    spec: { type: 'ClusterIP', selector: { app: name }, ports: [{ name: 'http', port: 80, protocol: 'TCP' }] },
  });
  const resolverSlice = slice(resolver.namespace, resolver.serviceName, [ready('10.0.9.1')]);
  const up = slice(namespace, spec.service, [ready('10.0.0.1')]);
  const down = slice(namespace, spec.service, []);
  const keyOf = ({ metadata }: { metadata: { name: string; namespace?: string | undefined } }) =>
    `${metadata.namespace}/${metadata.name}`;

  return ({ replicas, readyAtMs, status, wakeToken, children }, nowMs) => {
    const observed = children.map(({ child, madeAt }) => ({
      ...child,
      metadata: { ...child.metadata, uid: `uid-${child.metadata.name}`, creationTimestamp: madeAt },
    }));
    const isReady = replicas > 0 && readyAtMs !== undefined && readyAtMs <= nowMs;
    const group = (kind: string) =>
      Object.fromEntries(observed.filter((child) => child.kind === kind).map((child) => [keyOf(child), child]));
    const slices = [resolverSlice, isReady ? up : down];
    return {
      parent: {
        apiVersion: API_VERSION,
        kind: 'ElastiService',
        metadata: {
          name,
          namespace,
          uid: 'uid',
          generation: 1,
          creationTimestamp: createdAt,
          annotations: wakeToken === undefined ? {} : { [WAKE_ANNOTATION]: wakeToken },
        },
        spec,
        status,
      },
      children: { [SERVICES]: group('Service'), [SLICES]: group('EndpointSlice') },
      related: {
        [SERVICES]: { [keyOf(service)]: service },
        [SLICES]: { ...Object.fromEntries(slices.map((one) => [keyOf(one), one])), ...group('EndpointSlice') },
      },
      finalizing: false,
    } as unknown as SyncRequest;
  };
}
