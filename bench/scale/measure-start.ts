import { urlOf } from '../../e2e/cluster/kube-object.ts';
import { until } from '../../e2e/cluster/wait.ts';
import type { BenchWorld } from './bench-world.ts';
import { createElastiServices, createWorkloads, type Member } from './fleet.ts';

/** With a kube-controller-manager at 200 calls a second a member takes some 50 ms, on a busy machine more. */
const patienceMs = (members: readonly Member[]) => 60_000 + members.length * 200;

/** Creates Deployments and Services, and waits until all that are awake have a ready pod. */
export async function startWorkloads({ api }: BenchWorld, members: readonly Member[]): Promise<void> {
  await createWorkloads(api, members);
  const awake = members.filter(({ isAsleep }) => !isAsleep).length;
  const selector = encodeURIComponent('endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io');
  const path = `${urlOf('discovery.k8s.io/v1/endpointslices')}?labelSelector=${selector}`;
  const areReady = async () => {
    const { items } = await api.call<{ items: readonly { readonly endpoints?: readonly object[] | null }[] }>(
      'GET',
      path,
    );
    return items.filter(({ endpoints }) => (endpoints ?? []).length > 0).length > awake;
  };
  await until('the pods of the fleet', areReady, { timeoutMs: patienceMs(members), everyMs: 1000 });
}

export interface StartUp {
  readonly count: number;
  /** Until the API server had taken all of them. */
  readonly createdSeconds: number;
  /** Until the last of them had the phase that it is meant to have. */
  readonly settledSeconds: number;
}

/** Creates ElastiServices as fast as the API server takes them, and waits until all are what they should be. */
export async function startElastiServices(world: BenchWorld, members: readonly Member[]): Promise<StartUp> {
  const startedAtMs = performance.now();
  const secondsSince = (atMs: number) => (atMs - startedAtMs) / 1000;
  await createElastiServices(world.api, members, world.prometheus.address);
  const createdSeconds = secondsSince(performance.now());
  await world.phases.settled(members, patienceMs(members));
  return { count: members.length, createdSeconds, settledSeconds: secondsSince(world.phases.lastChangeAtMs()) };
}
