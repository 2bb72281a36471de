import type { KubeObject } from '../kube-object.ts';
import { CLUSTER_DOMAIN } from '../layout.ts';

export interface Service extends KubeObject {
  readonly spec: { readonly clusterIP?: string; readonly clusterIPs?: readonly string[] };
}

export interface EndpointSlice extends KubeObject {
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly hostname?: string;
    readonly conditions?: { readonly ready?: boolean };
  }[];
}

export interface Records {
  readonly services: Iterable<Service>;
  readonly slices: Iterable<EndpointSlice>;
}

/** Addresses of `[hostname.]service.namespace.svc.<domain>`; undefined when there is no such name. */
export function lookUp(name: string, { services, slices }: Records): string[] | undefined {
  const suffix = `.svc.${CLUSTER_DOMAIN}`;
  if (!name.endsWith(suffix)) return undefined;
  const [namespace, serviceName, hostname, ...rest] = name.slice(0, -suffix.length).split('.').reverse();
  if (rest.length > 0) return undefined;
  const service = [...services].find(
    ({ metadata }) => metadata.name === serviceName && metadata.namespace === namespace,
  );
  if (!service) return undefined;
  if (service.spec.clusterIP !== 'None') return hostname ? undefined : [...(service.spec.clusterIPs ?? [])];

  const endpoints = [...slices]
    .filter(({ metadata }) => metadata.namespace === namespace)
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === serviceName)
    .flatMap((slice) => slice.endpoints ?? [])
    .filter(({ conditions }) => conditions?.ready !== false);
  const named = hostname ? endpoints.filter((endpoint) => endpoint.hostname === hostname) : endpoints;
  const addresses = new Set(named.flatMap((endpoint) => endpoint.addresses));
  return hostname && addresses.size === 0 ? undefined : [...addresses].sort();
}
