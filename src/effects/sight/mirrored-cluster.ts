import type { Cluster } from '../ports.ts';
import type { Sight } from './sight.ts';

/** The reads of a decision that is only tried out: from the mirror what that has, and live what it has not. */
export type TriedReads = Pick<
  Cluster,
  'readScale' | 'readElastiService' | 'listElastiServices' | 'listSlices' | 'readScaledObject'
>;

/** Makes those reads. */
export function createMirroredReads({ mirror }: Sight, cluster: TriedReads): TriedReads {
  return {
    readScale: cluster.readScale,
    readScaledObject: cluster.readScaledObject,
    readElastiService: async ({ namespace, name }) => mirror.parent(`${namespace}/${name}`),
    listElastiServices: async ({ namespace, service }) => {
      if (namespace !== undefined && service !== undefined) return [...mirror.parentsOf(namespace, service)];
      return [...mirror.parentKeys()].flatMap((key) => {
        const parent = namespace === undefined || key.startsWith(`${namespace}/`) ? mirror.parent(key) : undefined;
        return parent === undefined ? [] : [parent];
      });
    },
    listSlices: async (namespace, service) => [...mirror.slicesOf(namespace, service)],
  };
}
