import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERVICES, SLICES } from '../api/hooks.ts';
import { EndpointSlice } from '../api/kubernetes.ts';
import { applied, observationOf, requestOf, SETTINGS, syncOf, WORLD, type World } from '../core/testing/world.ts';
import { KubeApiError } from '../errors.ts';
import { createMirror } from '../mirror/mirror.ts';
import { createEffects } from './create-effects.ts';
import { createModelCluster, keyOf, keyOfTarget } from './testing/model-cluster.ts';
import { createSeededRandom } from './testing/seeded-random.ts';
import { makeParent, silentLog, TARGET } from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

const BUSY: World = { ...WORLD, demand: 'active' };

interface Setup {
  readonly shown: World;
  readonly real?: World;
  readonly publishNotReadyAddresses?: boolean;
  /** Whether our watch is young enough to go by. */
  readonly isCurrent?: boolean;
}

/** A hook service whose own watch shows one world, while another is so. */
function setup({ shown, real = shown, publishNotReadyAddresses = false, isCurrent = true }: Setup) {
  const clock = createVirtualClock(WORLD.now);
  const cluster = createModelCluster({ clock });
  cluster.targets.set(keyOfTarget(TARGET), { replicas: 2, statusReplicas: 2 });
  const mirror = createMirror({ settings: SETTINGS });
  const { related } = requestOf(shown);
  for (const service of Object.values(related[SERVICES] ?? {})) mirror.sinks.services.put(service);
  for (const slice of Object.values(related[SLICES] ?? {})) mirror.sinks.slices.put(slice);
  const now = requestOf(real);
  const publicService = now.related[SERVICES]?.['shop/web'];
  if (publicService) Object.assign(publicService.spec, { publishNotReadyAddresses });
  for (const [key, slice] of Object.entries(now.related[SLICES] ?? {}))
    cluster.slices.set(key, EndpointSlice.parse(slice));
  for (const [key, slice] of Object.entries(now.children[SLICES] ?? {})) cluster.slices.set(key, slice);
  const serviceReads: string[] = [];
  const world = { fails: false };
  const reading = [{ state: real.demand, reason: 'Test', message: 'as the world has it', ageSeconds: 0 }];
  const { answers } = createEffects({
    cluster,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    triggers: { read: async () => reading, prove: async () => reading, refresh: async () => [], forget: () => {} },
    settings: { ...SETTINGS, observedBy: 'watch' },
    sighted: {
      sight: { mirror, isCurrent: () => isCurrent, version: () => 1, newest: () => 1 },
      isMine: () => true,
      cluster: {
        writeNudge: async () => makeParent(),
        readService: async (ref) => {
          serviceReads.push(keyOf(ref));
          if (world.fails) throw new KubeApiError('UNAVAILABLE', 'cannot read');
          return now.related[SERVICES]?.[keyOf(ref)];
        },
      },
    },
  });
  const sync = (status: unknown, children = now.children) => {
    const request = requestOf({ ...real, status });
    const { parent } = request;
    cluster.elastiServices.set(keyOf(parent.metadata), parent);
    return clock.run(answers.sync({ ...request, children, related: {} }, clock.monotonicMs()));
  };
  return { sync, serviceReads, cluster, world, clock };
}

const ago = (seconds: number) => new Date(WORLD.now.getTime() - seconds * 1000).toISOString();

/** Idle for long, and redirected. */
const redirected = (status: object): World => {
  const idle: World = { ...WORLD, status: { phase: 'Serving', phaseSince: ago(900), idleSince: ago(900) } };
  return { ...applied(idle, syncOf(observationOf(idle), SETTINGS)), status };
};

test('where nothing is to be changed our own watch is enough, and nothing is read', async () => {
  const { sync, serviceReads, cluster } = setup({ shown: BUSY });
  const first = await sync(undefined);
  const applied = requestOf({ ...BUSY, children: first.children });
  const status = (await sync(first.status, applied.children)).status;
  const calls = cluster.calls.length;
  serviceReads.length = 0;
  const rested = await sync(status, applied.children);
  assert.deepEqual(rested.status, status);
  assert.deepEqual(serviceReads, []);
  assert.equal(cluster.calls.length, calls);
});

test('an answer that changes something rests on a live look, whatever our watch shows', async () => {
  const gone = { ...BUSY, pods: [{ address: '10.0.0.1', ready: false }] };
  const { sync, serviceReads } = setup({ shown: gone, real: BUSY });
  const { status, children } = await sync(undefined);
  assert.equal(status.phase, 'Serving');
  assert.equal(children.length, 1);
  assert.deepEqual(serviceReads.sort(), ['shop/elasti-web-pvt-4b5e57f6eb', 'shop/web']);
});

test('a live look lists the slices of the private Service where those of the public one do not say who is ready', async () => {
  const listed = async (publishNotReadyAddresses: boolean) => {
    const { sync, cluster } = setup({ shown: BUSY, real: BUSY, publishNotReadyAddresses });
    await sync(undefined);
    return cluster.calls.flatMap(({ name, subject }) =>
      name === 'listSlices' && subject.startsWith('shop/') ? subject : [],
    );
  };
  assert.deepEqual(await listed(false), ['shop/web']);
  assert.deepEqual(await listed(true), ['shop/web', 'shop/elasti-web-pvt-4b5e57f6eb']);
});

// Metacontroller may ask such a replica again and again, while another sees that a resolver has left (seed 2416248).
test('a replica that sees too little looks live, whatever the answer', async () => {
  const { sync } = setup({ shown: BUSY, isCurrent: false });
  const { status, children } = await sync(undefined);
  assert.equal(status.phase, 'Serving');
  assert.equal(children.length, 1);
  const drained = redirected({ phase: 'Draining', phaseSince: ago(3), redirectedSince: ago(3), idleSince: ago(900) });
  const answer = await setup({ shown: drained, isCurrent: false }).sync(drained.status);
  assert.ok(answer.resyncAfterSeconds < SETTINGS.pollSeconds, String(answer.resyncAfterSeconds));
});

test('where the live look fails nothing is changed', async () => {
  const { sync, world } = setup({ shown: { ...BUSY, pods: [] }, real: BUSY });
  world.fails = true;
  const status = { phase: 'Serving', phaseSince: '2026-03-01T11:00:00.000Z' };
  const answer = await sync(status);
  assert.equal(answer.status.phase, 'Serving');
  assert.deepEqual(answer.children, []);
});

test('replicas go to 0 only where a live look shows each resolver that the slices name', async () => {
  const drained = redirected({ phase: 'Draining', phaseSince: ago(60), redirectedSince: ago(60), idleSince: ago(900) });
  const replicasWhere = async (resolvers: readonly string[]) => {
    const { sync, cluster } = setup({ shown: drained, real: { ...drained, resolvers } });
    await sync(drained.status);
    return cluster.targets.get(keyOfTarget(TARGET))?.replicas;
  };
  assert.equal(await replicasWhere(drained.resolvers), 0);
  assert.equal(await replicasWhere(drained.resolvers.slice(0, 1)), 2);
});

test('a redirection ends only where a live look shows ready pods, however long ago our watch saw them', async () => {
  const woken = redirected({ phase: 'Waking', phaseSince: ago(300), readySince: ago(300), mode: 'proxy' });
  const settled = { ...woken, demand: 'active' as const };
  const slicesWhere = async (real: World) => {
    const { sync, clock } = setup({ shown: settled, real });
    await sync(settled.status);
    await clock.run(clock.sleep(SETTINGS.settleSeconds * 1000));
    return (await sync(settled.status)).children.filter(({ kind }) => kind === 'EndpointSlice').length;
  };
  assert.equal(await slicesWhere(settled), 0);
  assert.equal(await slicesWhere({ ...settled, pods: [{ address: '10.0.0.1', ready: false }] }), 1);
  assert.equal(await slicesWhere({ ...settled, pods: [{ address: '10.0.0.1', ready: false }], resolvers: [] }), 1);
});

test('a resolver that our watch alone takes for gone ends no redirection', async () => {
  const woken = redirected({ phase: 'Waking', phaseSince: ago(1), readySince: ago(1), mode: 'proxy' });
  const real = { ...woken, demand: 'active' as const };
  const { sync } = setup({ shown: { ...real, resolvers: [] }, real });
  assert.equal((await sync(real.status)).children.length, 2);
});
