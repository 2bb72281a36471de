/** What all objects of the API have in common. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly uid?: string;
    readonly resourceVersion?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
    readonly deletionTimestamp?: string;
  };
}

/** Path of a collection or an object; `kind` is group, version and plural: `v1/pods`, `apps/v1/deployments`. */
export function urlOf(kind: string, namespace?: string, name?: string, subresource?: string): string {
  const parts = kind.split('/');
  const plural = parts.pop();
  const groupVersion = parts.join('/');
  return [
    groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`,
    ...(namespace ? ['namespaces', namespace] : []),
    plural,
    ...(name ? [name] : []),
    ...(subresource ? [subresource] : []),
  ].join('/');
}
