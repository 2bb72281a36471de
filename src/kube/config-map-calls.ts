import type { z } from 'zod';
import type { ObjectRef } from '../api/kubernetes.ts';
import type { CallOptions, ClaimsCluster, ConfigMap } from '../effects/ports.ts';
import { ConfigMapAnswer } from './answers.ts';
import { undefinedIfNotFound } from './kube-error.ts';
import { CONFIG_MAPS, listPath, objectPath } from './paths.ts';
import type { Call } from './request.ts';

type ConfigMapCalls = Pick<ClaimsCluster, 'readConfigMap' | 'createConfigMap' | 'patchConfigMap'>;

/** Reads and writes the ConfigMaps of the claimed ports. */
export function createConfigMapCalls(call: Call): ConfigMapCalls {
  const about = (ref: ObjectRef, options?: CallOptions) => ({
    ...options,
    resource: CONFIG_MAPS.plural,
    what: `ConfigMap ${ref.namespace}/${ref.name}`,
  });

  return {
    readConfigMap: async (ref, options) => {
      const request = { ...about(ref, options), verb: 'get', path: objectPath(CONFIG_MAPS, ref) } as const;
      const answer = await undefinedIfNotFound(call(request, ConfigMapAnswer));
      return answer && makeConfigMap(answer);
    },

    createConfigMap: async (ref, { labels, data }, options) => {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ref, labels }, data };
      const path = listPath(CONFIG_MAPS, ref.namespace);
      return makeConfigMap(await call({ ...about(ref, options), verb: 'create', path, body }, ConfigMapAnswer));
    },

    // A patch that carries a resourceVersion gets 409 where the ConfigMap no longer has it.
    patchConfigMap: async (ref, { labels, data, resourceVersion }, options) => {
      const body = { metadata: { labels, resourceVersion }, data };
      const path = objectPath(CONFIG_MAPS, ref);
      return makeConfigMap(await call({ ...about(ref, options), verb: 'patch', path, body }, ConfigMapAnswer));
    },
  };
}

function makeConfigMap({ metadata, data }: z.infer<typeof ConfigMapAnswer>): ConfigMap {
  return { resourceVersion: metadata.resourceVersion, data: data ?? {} };
}
