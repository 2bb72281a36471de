import { run } from '../../e2e/cluster/shell.ts';
import { until } from '../../e2e/cluster/wait.ts';
import { MANAGED_BY, MANAGED_BY_LABEL } from '../../src/core/resources/resolver-slices.ts';
import { isSync } from './audit-tail.ts';
import { type BenchWorld, RESOLVER_ADDRESS } from './bench-world.ts';
import type { Member } from './fleet.ts';
import { untilQuiet, writesOf } from './measure-idle.ts';
import { measurePass, type PassFigures } from './measure-syncs.ts';
import { measureWakeDuring } from './measure-wakes.ts';
import { writeResolverSlice } from './resolver-slice.ts';
import type { ServerProcess } from './server-process.ts';

export interface RestartFigures {
  /** Each until every ElastiService had been synced again; a hook service that watches by itself, until it was ready. */
  readonly hookService: PassFigures;
  readonly metacontroller: PassFigures;
  /** Seconds until a wake was patched that was asked for from the moment of the restart on. */
  readonly wakeSeconds: { readonly hookService: number; readonly metacontroller: number };
  /** Until the restarted resolver listened on all of its ports, and what was written meanwhile. */
  readonly resolver: PassFigures;
  /** Until all slices of sleepers named the resolver that came in addition, and then until none named it any more. */
  readonly roll: { readonly inSeconds: number; readonly outSeconds: number; readonly writes: number };
}

const SECOND_RESOLVER = '10.244.0.2';

export async function measureRestarts(world: BenchWorld, members: readonly Member[]): Promise<RestartFigures> {
  const { metacontroller, hookService, resolver } = world;
  const ofHookService = world.isWatching
    ? await measureStart(world, hookService)
    : await measurePass(world, members, hookService.restart);
  await untilQuiet(world);
  const restartMetacontroller = async () => {
    await metacontroller.stop();
    await metacontroller.start();
  };
  const ofMetacontroller = await measurePass(world, members, restartMetacontroller);
  await untilQuiet(world);
  const [sleeper] = members.filter(({ isAsleep }) => isAsleep);
  if (sleeper === undefined) throw new Error('none of the fleet sleeps');
  const wakeSeconds = {
    hookService: await measureWakeDuring(world, sleeper, hookService.restart),
    metacontroller: await measureWakeDuring(world, sleeper, restartMetacontroller),
  };

  return {
    hookService: ofHookService,
    metacontroller: ofMetacontroller,
    wakeSeconds,
    resolver: await measureStart(world, resolver),
    roll: await measureRoll(world, members),
  };
}

/** Until the restarted program is ready, and what was done until all was quiet again. */
async function measureStart(world: BenchWorld, { restart }: ServerProcess): Promise<PassFigures> {
  const window = world.audit.begin();
  const startedAtMs = performance.now();
  await restart();
  const seconds = (performance.now() - startedAtMs) / 1000;
  await untilQuiet(world);
  const calls = await window.read();
  return { seconds, syncs: calls.filter(isSync).length, writes: writesOf(calls) };
}

/** A second resolver comes, and the first one's turn to leave is that of the second here. */
async function measureRoll(world: BenchWorld, members: readonly Member[]): Promise<RestartFigures['roll']> {
  const { api, audit } = world;
  const sleepers = members.filter(({ isAsleep }) => isAsleep).length;
  const naming = await followNaming(world, SECOND_RESOLVER);
  await run('ip', ['address', 'add', `${SECOND_RESOLVER}/16`, 'dev', 'node0']);
  const second = await world.startSecondResolver(SECOND_RESOLVER);
  const window = audit.begin();
  const timeoutMs = 60_000 + members.length * 100;
  const timed = async (addresses: readonly string[], count: number) => {
    const startedAtMs = performance.now();
    await writeResolverSlice(api, addresses);
    await until(`${count} slices to name the second resolver`, () => naming.count() === count, {
      timeoutMs,
      everyMs: 20,
    });
    return (performance.now() - startedAtMs) / 1000;
  };
  const inSeconds = await timed([RESOLVER_ADDRESS, SECOND_RESOLVER], sleepers);
  await untilQuiet(world);
  const outSeconds = await timed([RESOLVER_ADDRESS], 0);
  await untilQuiet(world);
  naming.stop();
  await second.stop();
  return { inSeconds, outSeconds, writes: writesOf(await window.read()) };
}

interface OurSlice {
  readonly metadata: { readonly uid: string };
  readonly endpoints?: readonly { readonly addresses: readonly string[] }[] | null;
}

/** Counts the slices of ours that name an address. */
async function followNaming({ api }: BenchWorld, address: string): Promise<{ count(): number; stop(): void }> {
  const naming = new Set<string>();
  const query = `labelSelector=${encodeURIComponent(`${MANAGED_BY_LABEL}=${MANAGED_BY}`)}`;
  const watching = api.watch<OurSlice>(
    '/apis/discovery.k8s.io/v1/endpointslices',
    ({ type, object: { metadata, endpoints } }) => {
      const isNamed = type !== 'DELETED' && (endpoints ?? []).some(({ addresses }) => addresses.includes(address));
      if (isNamed) naming.add(metadata.uid);
      else naming.delete(metadata.uid);
    },
    { query },
  );
  await watching.synced;
  return { count: () => naming.size, stop: () => watching.stop() };
}
