import type { Target } from '../api/kubernetes.ts';
import { SERVICE_NAME_LABEL } from '../core/resources/resolver-slices.ts';
import type { SleepGuard } from '../core/types.ts';
import type { CallOptions, Cluster } from './ports.ts';
import type { Live } from './zero-guard.ts';

type Guarded = { readonly guard: SleepGuard; readonly target: Target };

/** All ElastiServices of the namespace, which gives ours and its sharers in one go, and the slices beside it. */
export async function readLive({ guard, target }: Guarded, cluster: Cluster, options: CallOptions): Promise<Live> {
  const [parents, slices] = await Promise.all([
    cluster.listElastiServices({ namespace: target.namespace }, options),
    readSlices({ guard, target }, cluster, options),
  ]);
  return { parents, slices };
}

/** The ElastiServices of these names again, and the slices beside them. */
export async function readLiveAgain(
  { guard, target, names }: Guarded & { readonly names: readonly string[] },
  cluster: Cluster,
  options: CallOptions,
): Promise<Live> {
  const { namespace } = target;
  const [parents, slices] = await Promise.all([
    Promise.all(names.map((name) => cluster.readElastiService({ namespace, name }, options))),
    readSlices({ guard, target }, cluster, options),
  ]);
  return { parents: parents.filter((parent) => parent !== undefined), slices };
}

async function readSlices({ guard, target }: Guarded, cluster: Cluster, options: CallOptions) {
  const serviceName = guard.slices[0]?.metadata.labels?.[SERVICE_NAME_LABEL];
  return serviceName === undefined ? [] : cluster.listSlices(target.namespace, serviceName, options);
}
