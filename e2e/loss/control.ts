import { setTimeout as sleep } from 'node:timers/promises';
import type { Chance } from '../../simulation/chance.ts';
import type { KubeApi } from '../cluster/api.ts';
import { urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { DEPLOYMENTS } from '../stage/objects.ts';
import { BUSY } from './cycle.ts';
import type { Load } from './load.ts';
import type { Site } from './site.ts';

interface RestartOptions {
  readonly api: KubeApi;
  readonly site: Site;
  readonly load: Load;
  readonly chance: Chance;
}

interface Rollout {
  readonly metadata: { readonly generation: number };
  readonly status: {
    readonly observedGeneration?: number;
    readonly replicas?: number;
    readonly updatedReplicas?: number;
    readonly readyReplicas?: number;
  };
}

/** One ordinary rolling restart under the load that sites have, as `kubectl rollout restart` does it. */
export async function restartOnce({ api, site, load, chance }: RestartOptions, number: number): Promise<void> {
  const path = urlOf(DEPLOYMENTS, site.namespace, site.name);
  await load.flow({ ...BUSY, kept: chance.is(0.5) ? 'rotating' : 'held' });
  await sleep(chance.between(300, 2000));
  const annotations = { 'kubectl.kubernetes.io/restartedAt': `restart ${number}` };
  await api.call('PATCH', path, { spec: { template: { metadata: { annotations } } } });
  await until(
    `${site.name} to be rolled out`,
    async () => {
      const { metadata, status } = await api.call<Rollout>('GET', path);
      const { observedGeneration, replicas, updatedReplicas, readyReplicas } = status;
      return (
        observedGeneration === metadata.generation && [replicas, updatedReplicas, readyReplicas].every((n) => n === 1)
      );
    },
    { timeoutMs: 60_000 },
  );
  // The pod before it is still ending.
  await sleep(chance.between(1000, 2500));
}
