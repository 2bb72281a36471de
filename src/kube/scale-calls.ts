import type { z } from 'zod';
import type { Scale } from '../api/kubernetes.ts';
import type { Cluster } from '../effects/ports.ts';
import { ScaleAnswer } from './answers.ts';
import { undefinedIfNotFound } from './kube-error.ts';
import { scaleOf } from './paths.ts';
import type { Call } from './request.ts';

/** Reads and writes through the scale subresource, which Deployment, StatefulSet and Rollout share. */
export function createScaleCalls(call: Call): Pick<Cluster, 'readScale' | 'writeScale'> {
  return {
    readScale: (target, options) =>
      undefinedIfNotFound(call({ ...scaleOf(target), ...options, verb: 'get' }, ScaleAnswer).then(makeScale)),

    // A patch that carries a resourceVersion gets 409 where the target no longer has it.
    writeScale: async (target, { replicas, resourceVersion }, options) => {
      const body = { metadata: { resourceVersion }, spec: { replicas } };
      return makeScale(await call({ ...scaleOf(target), ...options, verb: 'patch', body }, ScaleAnswer));
    },
  };
}

function makeScale({ metadata, spec }: z.infer<typeof ScaleAnswer>): Scale {
  return { replicas: spec?.replicas ?? 0, resourceVersion: metadata.resourceVersion };
}
