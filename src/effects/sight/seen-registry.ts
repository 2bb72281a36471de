import { createRecent } from '../../core/recent.ts';
import { firstOf, type Registry } from '../registry.ts';
import type { Sight } from './sight.ts';

/** So many are remembered to be out of date; of one more it costs a refused write to find out again. */
const MAX_DOUBTED = 1000;

/**
 * Our own watch tells which ElastiService stands behind a Service, so that nothing is kept for that, and nothing is looked up after a
 * start. What it does not show, or showed wrongly, is left to the other registry.
 */
export function createSeenRegistry(sight: Pick<Sight, 'mirror' | 'isCurrent'>, registry: Registry): Registry {
  const doubted = createRecent<true>(MAX_DOUBTED);
  return {
    remember: (_namespace, _service, { uid }) => doubted.delete(uid),
    forget: (uid) => {
      doubted.set(uid, true);
      registry.forget(uid);
    },
    find: async (namespace, service) => {
      const seen = sight.isCurrent('elastiServices', namespace) ? sight.mirror.parentsOf(namespace, service) : [];
      const isDoubted = seen.some(({ metadata }) => doubted.get(metadata.uid) === true);
      return (isDoubted ? undefined : firstOf(seen)) ?? registry.find(namespace, service);
    },
  };
}
