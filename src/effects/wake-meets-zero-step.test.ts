import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WAKE_ANNOTATION } from '../api/elastiservice.ts';
import { PAUSED_ANNOTATION, PAUSED_BY_ANNOTATION, pausedBy } from '../api/keda.ts';
import type { AutoscalerRef } from '../core/types.ts';
import { createDeadline } from './deadline.ts';
import { raise } from './raise.ts';
import { createRegistry } from './registry.ts';
import { createModelCluster, keyOf, type ModelCluster } from './testing/model-cluster.ts';
import { type Choose, forEveryOrder, serveInOrder } from './testing/orders.ts';
import { createSeededRandom } from './testing/seeded-random.ts';
import {
  annotationsOf,
  KEDA,
  makeParent,
  makeSharer,
  makeSleepPatch,
  openShop,
  replicasOf,
  SCALED_OBJECT,
  SETTINGS,
  SHOP,
  setReplicas,
  silentLog,
  TARGET,
  UID,
  WEB,
} from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';
import { createWakes } from './wake.ts';
import { zeroStep } from './zero-step.ts';

function setup({ autoscaler }: { autoscaler?: AutoscalerRef } = {}) {
  const clock = createVirtualClock();
  const cluster = createModelCluster({ clock });
  openShop(cluster);
  cluster.elastiServices.set(keyOf(WEB), makeParent({ spec: autoscaler ? { autoscaler } : {} }));
  const registry = createRegistry({ cluster, clock });
  registry.remember(SHOP, 'web', { name: 'web', uid: UID, createdAt: new Date(0) });
  const deps = { cluster, clock, log: silentLog };
  const wakes = createWakes({ ...deps, registry, random: createSeededRandom(1) });
  return {
    clock,
    cluster,
    wakes,
    token: () => cluster.elastiServices.get(keyOf(WEB))?.metadata.annotations?.[WAKE_ANNOTATION],
    zero: () => zeroStep(makeSleepPatch({ autoscaler }), deps, { ...SETTINGS, observedAtMs: 0 }),
    recover: () => {
      const deadline = createDeadline(clock, { atMs: clock.monotonicMs() + 5000, callTimeoutMs: 2000 });
      return clock.run(raise({ target: TARGET, replicas: 1, autoscaler }, deps, deadline));
    },
  };
}

/** A wake beside a zero step, their calls served in the order chosen: the target ends awake and nobody is paused. */
async function wakeBesideZeroStep(choose: Choose, options: { autoscaler?: AutoscalerRef; sharer?: boolean } = {}) {
  const { clock, cluster, wakes, zero } = setup(options);
  if (options.sharer) {
    cluster.elastiServices.set('shop/api', makeSharer({ status: { phase: 'Asleep' } }));
  }
  const work = Promise.all([zero(), wakes.wake(SHOP, options.sharer ? 'api' : 'web')]);
  await serveInOrder({ cluster, clock }, choose);
  await clock.run(work);
  assert.ok((replicasOf(cluster) ?? 0) > 0, cluster.calls.map(({ name }) => name).join(' '));
  if (options.autoscaler) assert.equal(pausedBy(annotationsOf(cluster) ?? {}), 'nobody');
}

test('every order of a wake beside a zero step ends awake', async () => {
  const orders = await forEveryOrder((choose) => wakeBesideZeroStep(choose));
  assert.ok(orders > 100, `only ${orders} orders`);
});

test('a wake of the ElastiService that shares the target ends awake, in any order', async () => {
  for (let seed = 0; seed < 150; seed++) {
    const random = createSeededRandom(seed);
    await wakeBesideZeroStep((count) => Math.floor(random.next() * count), { sharer: true });
  }
});

test('with KEDA too, and KEDA ends unpaused', async () => {
  for (let seed = 0; seed < 150; seed++) {
    const random = createSeededRandom(seed);
    await wakeBesideZeroStep((count) => Math.floor(random.next() * count), { autoscaler: KEDA });
  }
});

const pauseByUs = { [PAUSED_ANNOTATION]: 'true', [PAUSED_BY_ANNOTATION]: UID };

class Crash extends Error {}

/** Ends the process at its k-th call, before or after that took effect. Answers with the start of the next process. */
function crashAt(cluster: ModelCluster, k: number, when: 'before' | 'after'): () => void {
  let isDead = false;
  const revive = cluster.before(({ index }) => {
    isDead ||= when === 'before' && index === k;
    if (isDead) throw new Crash();
  });
  const reviveToo = cluster.after(({ index }) => {
    isDead ||= when === 'after' && index === k;
    if (isDead) throw new Crash();
  });
  return () => {
    revive();
    reviveToo();
  };
}

test('a zero step that dies at any call leaves replicas untouched, or at 0 with the guard holding; a raise recovers', async () => {
  let deaths = 0;
  for (const when of ['before', 'after'] as const) {
    for (let k = 0; ; k++) {
      const { clock, cluster, recover, zero } = setup({ autoscaler: KEDA });
      const restart = crashAt(cluster, k, when);
      const died = await clock.run(zero()).then(
        () => false,
        (error: unknown) => error instanceof Crash,
      );
      if (!died) break;
      deaths += 1;
      assert.ok([0, 3].includes(replicasOf(cluster) ?? -1));
      // Whatever is left of a pause bears our mark, so that the next raise takes it away.
      assert.notEqual(pausedBy(annotationsOf(cluster) ?? {}), 'other');
      restart();
      assert.deepEqual(await recover(), { kind: 'done' });
      assert.ok((replicasOf(cluster) ?? 0) > 0);
      assert.deepEqual(annotationsOf(cluster), {});
    }
  }
  assert.equal(deaths, 16);
});

test('a wake that dies at any call has written its token, or was not acknowledged', async () => {
  let deaths = 0;
  for (const when of ['before', 'after'] as const) {
    for (let k = 0; ; k++) {
      const { clock, cluster, recover, token, wakes } = setup({ autoscaler: KEDA });
      setReplicas(cluster, 0);
      cluster.scaledObjects.set(keyOf(SCALED_OBJECT), { annotations: pauseByUs, minReplicaCount: 1 });
      const restart = crashAt(cluster, k, when);
      const isAcknowledged = await clock.run(wakes.wake(SHOP, 'web')).then(
        () => true,
        () => false,
      );
      if (isAcknowledged) assert.notEqual(token(), undefined);
      if (cluster.calls.length <= k) break;
      deaths += 1;
      restart();
      assert.deepEqual(await recover(), { kind: 'done' });
      assert.ok((replicasOf(cluster) ?? 0) > 0);
      assert.deepEqual(annotationsOf(cluster), {});
    }
  }
  assert.equal(deaths, 10);
});
