import { secondsSince } from '../core/time.ts';
import type { ElastiService } from '../core/types.ts';
import { KubeApiError } from '../errors.ts';
import { attempt } from './outcomes.ts';
import type { Clock, Cluster } from './ports.ts';

/** Whether a slice of an ElastiService that goes may still be in the cluster, though the request showed none. */
export type SlicesLeft = (elastiService: ElastiService) => Promise<boolean>;

const CALL_TIMEOUT_MS = 1000;
/** No cache stays behind for longer; what is left after that is for the garbage collector, and the finalizer goes. */
const CACHE_SECONDS = 60;

/** Looks for them live: once the finalizer is gone, nobody follows the resolver in a slice that is left. */
export function createSlicesLeft({
  cluster,
  clock,
}: {
  readonly cluster: Pick<Cluster, 'listSlices'>;
  readonly clock: Pick<Clock, 'now'>;
}): SlicesLeft {
  return async ({ namespace, uid, spec, deletedAt }) => {
    if (secondsSince(deletedAt, clock.now()) > CACHE_SECONDS) return false;
    const slices = await attempt(cluster.listSlices(namespace, spec.service, { timeoutMs: CALL_TIMEOUT_MS }));
    if (slices instanceof KubeApiError) return true;
    return slices.some(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid));
  };
}
