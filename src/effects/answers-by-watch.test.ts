import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERVICES, SLICES } from '../api/hooks.ts';
import { EndpointSlice } from '../api/kubernetes.ts';
import { requestOf, SETTINGS, WORLD, type World } from '../core/testing/world.ts';
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
}

/** A hook service whose own watch shows one world, while another is so. */
function setup({ shown, real = shown, publishNotReadyAddresses = false }: Setup) {
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
  const serviceReads: string[] = [];
  const world = { fails: false };
  const reading = [{ state: 'active' as const, reason: 'Test', message: 'active', ageSeconds: 0 }];
  const { answers } = createEffects({
    cluster,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    triggers: { read: async () => reading, prove: async () => reading, forget: () => {} },
    settings: { ...SETTINGS, observedBy: 'watch' },
    sighted: {
      sight: { mirror, isCurrent: () => true, version: () => 1, newest: () => 1 },
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
    const request = requestOf(real);
    const parent = { ...request.parent, status };
    cluster.elastiServices.set(keyOf(parent.metadata), parent);
    return clock.run(answers.sync({ ...request, parent, children, related: {} }, clock.monotonicMs()));
  };
  return { sync, serviceReads, cluster, world };
}

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

test('where the live look fails nothing is changed', async () => {
  const { sync, world } = setup({ shown: { ...BUSY, pods: [] }, real: BUSY });
  world.fails = true;
  const status = { phase: 'Serving', phaseSince: '2026-03-01T11:00:00.000Z' };
  const answer = await sync(status);
  assert.equal(answer.status.phase, 'Serving');
  assert.deepEqual(answer.children, []);
});
