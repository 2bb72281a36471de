import { MANAGED_BY, MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../src/core/resources/resolver-slices.ts';
import type { ClaimsCluster, ConfigMap } from '../src/effects/ports.ts';
import { refusal } from './api.ts';
import { keyOf, type Metadata } from './objects.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** A ConfigMap of claimed ports. */
export interface ConfigMapObject {
  readonly metadata: Metadata;
  readonly data: Readonly<Record<string, string>>;
}

/** The API server as the claims of resolver ports see it from one hook replica. */
export function createClaimsCluster(world: World, from: Process): ClaimsCluster {
  const { api, configMaps, elastiServices, slices } = world;
  const versionOf = ({ metadata }: ConfigMapObject): string => metadata.resourceVersion ?? '';
  const put = (key: string, found: ConfigMapObject | undefined, data: ConfigMap['data']): string => {
    const [namespace = '', name = ''] = key.split('/');
    world.tell(undefined, from.name, () => `writes claims ${name}: ${Object.keys(data).join(', ')}`);
    const metadata = found?.metadata ?? { name, namespace };
    return versionOf(configMaps.put(key, { metadata, data: { ...found?.data, ...data } }));
  };

  return {
    listSlices: (namespace, serviceName, options) =>
      api.call(from, { what: 'list EndpointSlices', ...options }, () =>
        [...slices.in(namespace)].filter(({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === serviceName),
      ),
    listOwnSlices: (options) =>
      api.call(from, { what: 'list EndpointSlices', ...options }, () =>
        [...new Set(world.sites.map(({ namespace }) => namespace))]
          .flatMap((namespace) => [...slices.in(namespace)])
          .filter(({ metadata }) => metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY),
      ),
    readConfigMap: ({ namespace, name }, options) =>
      api.call(from, { what: 'read ConfigMap', ...options }, () => {
        const found = configMaps.get(keyOf(namespace, name));
        return found && { resourceVersion: versionOf(found), data: found.data };
      }),
    createConfigMap: ({ namespace, name }, { data }, options) =>
      api.call(from, { what: 'create ConfigMap', isWrite: true, ...options }, () => {
        const key = keyOf(namespace, name);
        if (configMaps.get(key)) throw refusal('CONFLICT', 'create ConfigMap');
        return put(key, undefined, data);
      }),
    patchConfigMap: ({ namespace, name }, { data, resourceVersion }, options) =>
      api.call(from, { what: 'patch ConfigMap', isWrite: true, ...options }, () => {
        const key = keyOf(namespace, name);
        const found = configMaps.get(key);
        if (!found) throw refusal('NOT_FOUND', 'patch ConfigMap');
        if (found.metadata.resourceVersion !== resourceVersion) throw refusal('CONFLICT', 'patch ConfigMap');
        return put(key, found, data);
      }),
    listElastiServiceUids: (options) =>
      api.call(from, { what: 'list ElastiServices', ...options }, () => {
        const uids = world.sites.flatMap(({ key, rivalKey }) => [
          elastiServices.get(key),
          elastiServices.get(rivalKey),
        ]);
        return new Set(uids.flatMap((parent) => parent?.metadata.uid ?? []));
      }),
  };
}
