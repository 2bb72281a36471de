export interface ResourceType {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly isNamespaced: boolean;
  readonly hasStatus: boolean;
}

/** Outer key of `children` and `related`: `Service.v1`, `EndpointSlice.discovery.k8s.io/v1`. */
export function wireKind({ kind, apiVersion }: { kind: string; apiVersion: string }): string {
  return `${kind}.${apiVersion}`;
}

export interface PathOptions {
  readonly namespace?: string | undefined;
  readonly name?: string;
  readonly subresource?: string;
}

export function resourcePath(type: ResourceType, { namespace, name, subresource }: PathOptions = {}): string {
  const root = type.apiVersion.includes('/') ? `/apis/${type.apiVersion}` : `/api/${type.apiVersion}`;
  const inNamespace = type.isNamespaced && namespace ? ['namespaces', namespace] : [];
  const segments = [...inNamespace, type.resource, name, subresource].filter((segment) => segment !== undefined);
  return [root, ...segments.map(encodeURIComponent)].join('/');
}
