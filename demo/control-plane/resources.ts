/** A kind that the API server knows. */
export interface Resource {
  readonly apiVersion: string;
  readonly kind: string;
  readonly plural: string;
  readonly hasStatus: boolean;
}

export const RESOURCES: readonly Resource[] = [
  { apiVersion: 'v1', kind: 'Service', plural: 'services', hasStatus: false },
  { apiVersion: 'v1', kind: 'ConfigMap', plural: 'configmaps', hasStatus: false },
  { apiVersion: 'v1', kind: 'Event', plural: 'events', hasStatus: false },
  { apiVersion: 'apps/v1', kind: 'Deployment', plural: 'deployments', hasStatus: true },
  { apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', plural: 'endpointslices', hasStatus: false },
  { apiVersion: 'elasti.truefoundry.com/v1alpha1', kind: 'ElastiService', plural: 'elastiservices', hasStatus: true },
];

/** What a request's path names. */
export interface RequestTarget {
  readonly apiVersion: string;
  /** Undefined: the group itself is asked for. */
  readonly resource: Resource | undefined;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

const PATH =
  /^\/(?:api\/(?<core>v1)|apis\/(?<group>[^/]+\/[^/]+))(?:\/namespaces\/(?<namespace>[^/]+))?(?:\/(?<plural>[^/]+)(?:\/(?<name>[^/]+)(?:\/(?<subresource>[^/]+))?)?)?$/;

/** Reads a path; undefined where the API server has nothing there. */
export function parsePath(path: string): RequestTarget | undefined {
  const found = PATH.exec(path)?.groups;
  const apiVersion = found?.core ?? found?.group;
  if (found === undefined || apiVersion === undefined) return undefined;
  const { plural, namespace, name, subresource } = found;
  const resource = RESOURCES.find((each) => each.apiVersion === apiVersion && each.plural === plural);
  if (plural !== undefined && resource === undefined) return undefined;
  return { apiVersion, resource, namespace, name, subresource };
}

/** The answer to a client that asks what a group has. */
export function describeGroup(apiVersion: string) {
  const resources = RESOURCES.filter((each) => each.apiVersion === apiVersion).flatMap(
    ({ plural, kind, hasStatus }) => [
      { name: plural, kind, namespaced: true },
      ...(hasStatus ? [{ name: `${plural}/status`, kind, namespaced: true }] : []),
    ],
  );
  return resources.length === 0 ? undefined : { kind: 'APIResourceList', groupVersion: apiVersion, resources };
}
