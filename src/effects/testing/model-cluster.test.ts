import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createModelCluster, keyOf } from './model-cluster.ts';
import { openShop, replicasOf, SCALED_OBJECT, setReplicas, TARGET, UID, WEB } from './shop.ts';
import { createVirtualClock } from './virtual-clock.ts';

function setup() {
  const clock = createVirtualClock();
  const cluster = createModelCluster({ clock });
  openShop(cluster);
  return { clock, cluster };
}

test('a write at an old version conflicts, one to what is gone finds nothing', async () => {
  const { cluster } = setup();
  const scale = await cluster.readScale(TARGET);
  assert.ok(scale);
  setReplicas(cluster, 3);
  await assert.rejects(cluster.writeScale(TARGET, { ...scale, replicas: 0 }), { code: 'CONFLICT' });
  await assert.rejects(cluster.writeScale({ ...TARGET, name: 'gone' }, scale), { code: 'NOT_FOUND' });
  const change = { annotations: { a: '1' }, resourceVersion: '0' };
  await assert.rejects(cluster.annotateScaledObject(SCALED_OBJECT, change), { code: 'CONFLICT' });
});

test('a token for another uid conflicts; a written one moves the version and not the generation', async () => {
  const { cluster } = setup();
  await assert.rejects(cluster.writeWakeToken({ ...WEB, uid: 'other' }, 't'), { code: 'CONFLICT' });
  const before = await cluster.readElastiService(WEB);
  const after = await cluster.writeWakeToken({ ...WEB, uid: UID }, 't');
  assert.equal(after.metadata.generation, before?.metadata.generation);
  assert.notEqual(after.metadata.resourceVersion, before?.metadata.resourceVersion);
});

test('a call that timed out may still take effect later', async () => {
  const { clock, cluster } = setup();
  const scale = await cluster.readScale(TARGET);
  cluster.before((call) => (call.isWrite ? clock.sleep(3000) : undefined));
  const write = cluster.writeScale(
    TARGET,
    { replicas: 0, resourceVersion: scale?.resourceVersion ?? '' },
    { timeoutMs: 1000 },
  );
  await assert.rejects(clock.run(write), { code: 'TIMEOUT' });
  assert.equal(replicasOf(cluster), 3);
  await clock.advance(2000);
  assert.equal(replicasOf(cluster), 0);
});

test('answers are copies, and annotations set to null go away', async () => {
  const { cluster } = setup();
  const first = await cluster.readScaledObject(SCALED_OBJECT);
  const { resourceVersion } = first ?? { resourceVersion: '' };
  await cluster.annotateScaledObject(SCALED_OBJECT, { annotations: { a: '1', b: '2' }, resourceVersion });
  const second = await cluster.readScaledObject(SCALED_OBJECT);
  await cluster.annotateScaledObject(SCALED_OBJECT, {
    annotations: { a: null },
    resourceVersion: second?.resourceVersion ?? '',
  });
  assert.deepEqual(first?.annotations, {});
  assert.deepEqual(cluster.scaledObjects.get(keyOf(SCALED_OBJECT))?.annotations, { b: '2' });
});
