import { MANAGED_BY, MANAGED_BY_LABEL } from '../../src/core/resources/resolver-slices.ts';
import type { KubeApi } from '../cluster/api.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { DEPLOYMENTS, ELASTI_SERVICES, type ElastiServiceObject, SLICES, type Slice } from './objects.ts';

/** What stands in a story's namespace right now. */
export interface Reads {
  get<T = KubeObject>(kind: string, name: string): Promise<T>;
  elastiService(name?: string): Promise<ElastiServiceObject>;
  /** What is wanted of a target, `spec.replicas`. */
  replicas(kind?: string, name?: string): Promise<number>;
  /** The slices of a Service that we made. */
  ourSlices(service?: string): Promise<readonly Slice[]>;
  pods(app?: string): Promise<readonly KubeObject[]>;
}

export function createReads(api: KubeApi, namespace: string): Reads {
  const get: Reads['get'] = (kind, name) => api.call('GET', urlOf(kind, namespace, name));
  const list = async <T>(kind: string, labels: Readonly<Record<string, string>>): Promise<readonly T[]> => {
    const selector = Object.entries(labels).map(([label, value]) => `${label}=${value}`);
    const path = `${urlOf(kind, namespace)}?labelSelector=${encodeURIComponent(selector.join(','))}`;
    return (await api.call<{ items: readonly T[] }>('GET', path)).items;
  };
  return {
    get,
    elastiService: (name = 'web') => get(ELASTI_SERVICES, name),
    replicas: async (kind = DEPLOYMENTS, name = 'web') =>
      (await get<{ spec: { replicas: number } }>(kind, name)).spec.replicas,
    ourSlices: (service = 'web') =>
      list<Slice>(SLICES, { 'kubernetes.io/service-name': service, [MANAGED_BY_LABEL]: MANAGED_BY }),
    pods: (app = 'web') => list('v1/pods', { app }),
  };
}
