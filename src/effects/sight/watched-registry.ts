import { byServiceClaim } from '../../core/service-claim.ts';
import type { Registry } from '../registry.ts';
import type { Sight } from './sight.ts';

const MAX_FORGOTTEN = 1000;

/** Looks into the mirror first. What that does not know, or was wrong about, is looked up as ever. */
export function createWatchedRegistry({ mirror, isCurrent }: Sight, registry: Registry): Registry {
  const forgotten = new Set<string>();
  return {
    // The mirror knows it already.
    remember: () => {},
    forget: (uid) => {
      registry.forget(uid);
      forgotten.add(uid);
      for (const oldest of forgotten) {
        if (forgotten.size <= MAX_FORGOTTEN) break;
        forgotten.delete(oldest);
      }
    },
    find: async (namespace, service) => {
      const [first] = isCurrent('elastiServices', namespace)
        ? [...mirror.parentsOf(namespace, service)].sort(byServiceClaim)
        : [];
      if (first === undefined || forgotten.has(first.metadata.uid)) return registry.find(namespace, service);
      const { name, uid, creationTimestamp } = first.metadata;
      return { name, uid, createdAt: new Date(creationTimestamp ?? 0) };
    },
  };
}
