import { setTimeout as sleep } from 'node:timers/promises';
import { urlOf } from '../../e2e/cluster/kube-object.ts';
import { until } from '../../e2e/cluster/wait.ts';
import { API_VERSION } from '../../src/api/elastiservice.ts';
import type { Target } from '../../src/api/kubernetes.ts';
import { createCluster } from '../../src/kube/create-cluster.ts';
import { loadKubeConfig } from '../../src/kube/load-kube-config.ts';
import { systemClock as clock, systemRandom } from '../../src/system.ts';
import { quantile } from '../stats.ts';
import type { BenchWorld } from './bench-world.ts';
import { eachOf, type Member } from './fleet.ts';
import { PATIENCE_MS, untilQuiet } from './measure-idle.ts';

export interface WakeFigures {
  readonly count: number;
  readonly failed: number;
  /** What the first that failed said. */
  readonly failure?: string;
  /** From the first that was sent to the last that was answered. */
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

type Wake = (member: Member) => Promise<unknown>;

interface Wakes {
  readonly wake: Wake;
  readonly perSecond: number;
  /** What goes on beside them, and ends with them. */
  readonly beside?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** Wakes each of them, so many a second; each answer comes when the replicas are patched. Those that were woken sleep again. */
export async function measureWakes(
  world: BenchWorld,
  sleepers: readonly Member[],
  { wake, perSecond, beside = (work) => work() }: Wakes,
): Promise<WakeFigures> {
  const failures: string[] = [];
  const woken: Member[] = [];
  let startedAtMs = 0;
  const wakeOne = async (member: Member, i: number) => {
    await sleep(Math.max(0, startedAtMs + (1000 * i) / perSecond - performance.now()));
    const sentAtMs = performance.now();
    await wake(member).then(
      () => woken.push(member),
      (error) => failures.push(String(error)),
    );
    return performance.now() - sentAtMs;
  };
  const { tookMs, seconds } = await beside(async () => {
    startedAtMs = performance.now();
    const took = await Promise.all(sleepers.map(wakeOne));
    return { tookMs: took, seconds: (performance.now() - startedAtMs) / 1000 };
  });
  await putToSleep(world, woken);
  const [failure] = failures;
  return {
    count: sleepers.length,
    failed: failures.length,
    ...(failure === undefined ? {} : { failure }),
    seconds,
    p50Ms: quantile(tookMs, 0.5),
    p99Ms: quantile(tookMs, 0.99),
  };
}

/** The three API calls that a wake consists of, by the same client with the same account, without the hook service. */
export async function bareWake({ api, hookKubeconfig }: BenchWorld): Promise<Wake> {
  const kubeConfig = await loadKubeConfig({ kubeconfig: hookKubeconfig, apiServer: undefined });
  const cluster = createCluster({ kubeConfig, watchNamespaces: [], clock });
  const path = `/apis/${API_VERSION}/elastiservices`;
  const { items } = await api.call<{ items: readonly { metadata: { name: string; uid: string } }[] }>('GET', path);
  const uids = new Map(items.map(({ metadata: { name, uid } }) => [name, uid]));
  return async ({ namespace, name }) => {
    const target: Target = { namespace, name, apiVersion: 'apps/v1', kind: 'Deployment' };
    const token = `${clock.now().toISOString()}/${systemRandom.uuid()}`;
    await cluster.writeWakeToken({ namespace, name, uid: uids.get(name) ?? '' }, token);
    const scale = await cluster.readScale(target);
    if (scale?.replicas !== 0) throw new Error(`${name} does not sleep`);
    await cluster.writeScale(target, { ...scale, replicas: 1 });
  };
}

/** Asks for a wake while the work goes on, again and again as a resolver does; the seconds until the replicas were patched. */
export async function measureWakeDuring(
  world: BenchWorld,
  sleeper: Member,
  work: () => Promise<unknown>,
): Promise<number> {
  const startedAtMs = performance.now();
  const isPatched = () =>
    world.wakes.wake(sleeper).then(
      () => true,
      () => false,
    );
  const woken = until('a wake to be taken', isPatched, { timeoutMs: 60_000, everyMs: 20 });
  const [seconds] = await Promise.all([woken.then(() => (performance.now() - startedAtMs) / 1000), work()]);
  await putToSleep(world, [sleeper]);
  return seconds;
}

/** Waits until the woken serve, and scales them to zero as a person does, so that they sleep again. */
async function putToSleep(world: BenchWorld, woken: readonly Member[]): Promise<void> {
  await world.phases.settled(
    woken.map((member) => ({ ...member, isAsleep: false })),
    PATIENCE_MS,
  );
  await eachOf(woken, ({ namespace, name }) =>
    world.api.call('PATCH', urlOf('apps/v1/deployments', namespace, name, 'scale'), { spec: { replicas: 0 } }),
  );
  await world.phases.settled(woken, PATIENCE_MS);
  await untilQuiet(world);
}
