import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { createApi, type KubeApi } from '../e2e/cluster/api.ts';
import type { Cluster as TestCluster } from '../e2e/cluster/cluster.ts';
import { withCluster } from '../e2e/cluster/enter.ts';
import { urlOf } from '../e2e/cluster/kube-object.ts';
import { until } from '../e2e/cluster/wait.ts';
import type { Target } from '../src/api/kubernetes.ts';
import type { Cluster } from '../src/effects/ports.ts';
import { createCluster } from '../src/kube/create-cluster.ts';
import { loadKubeConfig } from '../src/kube/load-kube-config.ts';
import { systemClock as clock, systemRandom } from '../src/system.ts';
import { printLine, printTable } from './print.ts';
import { median, quantile, spread } from './stats.ts';
import { makeSleeper, NAMESPACE, namespace, readCrd } from './wake/objects.ts';
import { type Service, startService } from './wake/service.ts';

// How long a wake takes, from the resolver's POST to spec.replicas raised, against the API calls that it consists of,
// made one after the other by the same client. On a real API server: needs root, see e2e/cluster/README.md.

const GOAL = 1.3;
/** Tokens of one service are at least a second apart, so that several take turns. */
const SERVICES = 40;
const TURN_MS = 1100;
/** Until both processes run compiled code: the one that makes the bare calls also makes all others. */
const WARM_UP_PAIRS = 10 * SERVICES;

interface Deployment {
  readonly metadata: { readonly generation: number };
  readonly spec: { readonly replicas: number };
  readonly status: { readonly observedGeneration?: number };
}

const { values } = parseArgs({ options: { pairs: { type: 'string', default: '120' } } });

async function compare(testCluster: TestCluster): Promise<void> {
  const { kubeconfig } = testCluster;
  const api = createApi(kubeconfig);
  const names = Array.from({ length: SERVICES }, (_, i) => `web-${i}`);
  await api.apply(readCrd());
  await api.apply([namespace, ...names.flatMap(makeSleeper)]);

  const kubeConfig = await loadKubeConfig({ kubeconfig, apiServer: undefined });
  const cluster = createCluster({ kubeConfig, watchNamespaces: [], clock });
  const uids = new Map(
    (await cluster.listElastiServices({ namespace: NAMESPACE })).map(({ metadata }) => [metadata.name, metadata.uid]),
  );
  const service = await startService(kubeconfig);
  const ways = { service: wakeByService(service), calls: wakeByCalls(cluster, uids) };

  const times = { service: [] as number[], calls: [] as number[] };
  const askedAtMs = new Map<string, number>();
  for (let pair = 0; pair < WARM_UP_PAIRS + Number(values.pairs); pair++) {
    const name = names[pair % SERVICES] as string;
    const leftMs = (askedAtMs.get(name) ?? Number.NEGATIVE_INFINITY) + TURN_MS - clock.monotonicMs();
    if (leftMs > 0) await clock.sleep(leftMs);
    askedAtMs.set(name, clock.monotonicMs());
    // Each goes first every other time, so that what drifts meets both alike.
    for (const way of pair % 2 === 0 ? (['service', 'calls'] as const) : (['calls', 'service'] as const)) {
      const startedAtMs = clock.monotonicMs();
      await ways[way](name);
      const tookMs = clock.monotonicMs() - startedAtMs;
      await putToSleep(api, name);
      if (pair >= WARM_UP_PAIRS) times[way].push(tookMs);
    }
  }
  await service.stop();
  api.close();
  report(times);
}

function wakeByService({ wake }: Service): (name: string) => Promise<void> {
  return wake;
}

function wakeByCalls(cluster: Cluster, uids: ReadonlyMap<string, string>): (name: string) => Promise<void> {
  return async (name) => {
    const token = `${clock.now().toISOString()}/${systemRandom.uuid()}`;
    await cluster.writeWakeToken({ namespace: NAMESPACE, name, uid: uids.get(name) ?? '' }, token);
    const scale = await cluster.readScale(targetOf(name));
    assert.equal(scale?.replicas, 0);
    await cluster.writeScale(targetOf(name), { ...scale, replicas: 1 });
  };
}

/** Proves that the wake had happened by the time it was answered, undoes it, and waits until the target has settled. */
async function putToSleep(api: KubeApi, name: string): Promise<void> {
  const path = urlOf('apps/v1/deployments', NAMESPACE, name);
  const raised = await api.call<Deployment>('GET', path);
  assert.equal(raised.spec.replicas, 1, `${name} was answered before it was raised`);
  await api.call('PATCH', path, { spec: { replicas: 0 } });
  // The controller's write of the status would be a conflict for whoever comes next.
  await until(
    `${name} to settle`,
    async () => {
      const { metadata, status } = await api.call<Deployment>('GET', path);
      return status.observedGeneration === metadata.generation;
    },
    { everyMs: 5 },
  );
}

function targetOf(name: string): Target {
  return { namespace: NAMESPACE, apiVersion: 'apps/v1', kind: 'Deployment', name };
}

function report({ service, calls }: { readonly service: readonly number[]; readonly calls: readonly number[] }): void {
  const ratios = service.map((ms, i) => ms / (calls[i] ?? Number.NaN));
  const row = (what: string, list: readonly number[]) => [
    what,
    median(list).toFixed(2),
    quantile(list, 0.95).toFixed(2),
    Math.max(...list).toFixed(2),
  ];
  printTable(`Wake on a real API server, ${service.length} pairs`, [
    ['way', 'median ms', 'p95 ms', 'max ms'],
    row('POST to the service', service),
    row('its three API calls', calls),
  ]);
  const ratio = median(ratios);
  const verdict = ratio <= GOAL ? 'met' : 'MISSED';
  printLine(`  ratio ${ratio.toFixed(2)} (middle half ${spread(ratios)}); goal <= ${GOAL}: ${verdict}`);
}

await withCluster({ name: 'bench-wake' }, compare);
