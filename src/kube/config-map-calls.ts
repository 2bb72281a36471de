import type { ObjectRef } from '../api/kubernetes.ts';
import type { CallOptions, ClaimsCluster } from '../effects/ports.ts';
import { ConfigMapAnswer, VersionAnswer } from './answers.ts';
import { undefinedIfNotFound } from './kube-error.ts';
import { CONFIG_MAPS, listPath, METADATA_ONLY, objectPath } from './paths.ts';
import type { Call, KubeRequest } from './request.ts';

type ConfigMapCalls = Pick<ClaimsCluster, 'readConfigMap' | 'createConfigMap' | 'patchConfigMap'>;

/** Reads and writes the ConfigMaps of the claimed ports. */
export function createConfigMapCalls(call: Call): ConfigMapCalls {
  const about = (ref: ObjectRef, options?: CallOptions) => ({
    ...options,
    resource: CONFIG_MAPS.plural,
    what: `ConfigMap ${ref.namespace}/${ref.name}`,
  });

  // Who writes knows what stands there afterwards: with thousands of claims that is some 160 kB.
  const write = async (request: KubeRequest): Promise<string> => {
    const { metadata } = await call({ ...request, accept: METADATA_ONLY.object }, VersionAnswer);
    return metadata.resourceVersion;
  };

  return {
    readConfigMap: async (ref, options) => {
      const request = { ...about(ref, options), verb: 'get', path: objectPath(CONFIG_MAPS, ref) } as const;
      const answer = await undefinedIfNotFound(call(request, ConfigMapAnswer));
      return answer && { resourceVersion: answer.metadata.resourceVersion, data: answer.data ?? {} };
    },

    createConfigMap: (ref, { labels, data }, options) => {
      const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ref, labels }, data };
      return write({ ...about(ref, options), verb: 'create', path: listPath(CONFIG_MAPS, ref.namespace), body });
    },

    // A patch that carries a resourceVersion gets 409 where the ConfigMap no longer has it.
    patchConfigMap: (ref, { labels, data, resourceVersion }, options) => {
      const body = { metadata: { labels, resourceVersion }, data };
      return write({ ...about(ref, options), verb: 'patch', path: objectPath(CONFIG_MAPS, ref), body });
    },
  };
}
