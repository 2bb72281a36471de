import { setTimeout as sleep } from 'node:timers/promises';
import { urlOf } from '../../e2e/cluster/kube-object.ts';
import { until } from '../../e2e/cluster/wait.ts';
import { API_VERSION } from '../../src/api/elastiservice.ts';
import { isSync } from './audit-tail.ts';
import { type BenchWorld, RESOLVER_ADDRESS } from './bench-world.ts';
import { eachOf, type Member } from './fleet.ts';
import { writesOf } from './measure-idle.ts';
import { writeResolverSlice } from './resolver-slice.ts';

export interface PassFigures {
  /** From the event until the last of all ElastiServices was synced. */
  readonly seconds: number;
  readonly syncs: number;
  readonly writes: number;
}

/** Does something that is an event for every ElastiService, and waits until Metacontroller has synced each of them since. */
export async function measurePass(
  { audit }: Pick<BenchWorld, 'audit'>,
  members: readonly Member[],
  event: () => Promise<unknown>,
): Promise<PassFigures> {
  const window = audit.begin();
  const startedAtMs = Date.now();
  await event();
  const all = new Set(members.map(({ namespace, name }) => `${namespace}/${name}`));
  const missing = async () => {
    const left = new Set(all);
    for (const call of await window.read()) if (isSync(call)) left.delete(call.object);
    return left.size;
  };
  const timeoutMs = 120_000 + members.length * 100;
  await until('a sync of each', async () => (await missing()) === 0, { timeoutMs, everyMs: 250 });
  const calls = await window.read();
  let lastAtMs = startedAtMs;
  for (const call of calls) if (isSync(call) && all.delete(call.object)) lastAtMs = call.atMs;
  return { seconds: (lastAtMs - startedAtMs) / 1000, syncs: calls.filter(isSync).length, writes: writesOf(calls) };
}

/** An event for all that changes nothing. One of a related object is none for Metacontroller where it relates nothing. */
export async function touchAll(
  { api, isWatching }: Pick<BenchWorld, 'api' | 'isWatching'>,
  members: readonly Member[],
): Promise<void> {
  const note = String(performance.now());
  if (!isWatching) return writeResolverSlice(api, [RESOLVER_ADDRESS], note);
  await eachOf(members, ({ namespace, name }) =>
    api.call('PATCH', urlOf(`${API_VERSION}/elastiservices`, namespace, name), { metadata: { annotations: { note } } }),
  );
}

/** While the work goes on, all ElastiServices are synced again and again. */
export async function whileAllAreSynced<T>(
  world: BenchWorld,
  members: readonly Member[],
  work: () => Promise<T>,
): Promise<T> {
  let isDone = false;
  const keepSyncing = async () => {
    while (!isDone) {
      await measurePass(world, members, () => touchAll(world, members));
      // The slice of an event may still be on its way.
      await sleep(10);
    }
  };
  const syncing = keepSyncing();
  try {
    return await work();
  } finally {
    isDone = true;
    await syncing;
  }
}
