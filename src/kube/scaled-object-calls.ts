import type { Cluster } from '../effects/ports.ts';
import { ScaledObjectAnswer } from './answers.ts';
import { undefinedIfNotFound } from './kube-error.ts';
import { objectPath, SCALED_OBJECTS } from './paths.ts';
import type { Call } from './request.ts';

/** Reads KEDA's ScaledObjects and sets their annotations. */
export function createScaledObjectCalls(call: Call): Pick<Cluster, 'readScaledObject' | 'annotateScaledObject'> {
  const requestFor = (ref: { namespace: string; name: string }) => ({
    resource: SCALED_OBJECTS.plural,
    what: `ScaledObject ${ref.namespace}/${ref.name}`,
    path: objectPath(SCALED_OBJECTS, ref),
  });

  return {
    readScaledObject: async (ref, options) => {
      const found = await undefinedIfNotFound(
        call({ ...requestFor(ref), ...options, verb: 'get' }, ScaledObjectAnswer),
      );
      if (!found) return undefined;
      const { resourceVersion, annotations } = found.metadata;
      return { resourceVersion, annotations: annotations ?? {}, minReplicaCount: found.spec?.minReplicaCount ?? 0 };
    },

    annotateScaledObject: async (ref, { annotations, resourceVersion }, options) => {
      const body = { metadata: { resourceVersion, annotations } };
      await call({ ...requestFor(ref), ...options, verb: 'patch', body }, ScaledObjectAnswer);
    },
  };
}
