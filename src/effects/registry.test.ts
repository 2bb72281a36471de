import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRegistry } from './registry.ts';
import { createModelCluster, refusal } from './testing/model-cluster.ts';
import { makeParent } from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

function setup(limits: { maxEntries?: number; maxMisses?: number } = {}) {
  const clock = createVirtualClock();
  const cluster = createModelCluster({ clock });
  const registry = createRegistry({ cluster, clock }, limits);
  return {
    clock,
    cluster,
    registry,
    put: (uid: string, { service = 'web', namespace = 'shop', created = '2026-01-01T00:00:00Z', status = {} } = {}) =>
      cluster.elastiServices.set(
        `${namespace}/${uid}`,
        makeParent({ metadata: { name: uid, namespace, uid, creationTimestamp: created }, spec: { service }, status }),
      ),
    uidOf: async (service: string, namespace = 'shop') => (await registry.find(namespace, service))?.uid,
  };
}

const entry = (uid: string, createdAt = new Date('2026-01-01T00:00:00Z')) => ({ name: uid, uid, createdAt });

test('what a sync saw is found without asking the API', async () => {
  const { cluster, registry, uidOf } = setup();
  registry.remember('shop', 'web', entry('a'));
  assert.equal(await uidOf('web'), 'a');
  assert.deepEqual(cluster.calls, []);
});

test('what no sync saw is looked up once', async () => {
  const { cluster, put, uidOf } = setup();
  put('a');
  assert.equal(await uidOf('web'), 'a');
  assert.equal(await uidOf('web'), 'a');
  assert.equal(cluster.calls.length, 1);
});

test('the same Service name in another namespace is another Service (pitfall 22)', async () => {
  const { put, registry, uidOf } = setup();
  put('a', { namespace: 'other' });
  registry.remember('other', 'web', entry('a'));
  assert.equal(await uidOf('web'), undefined);
  assert.equal(await uidOf('web', 'other'), 'a');
});

test('of two on one Service the older answers, then the lower uid, whichever was seen last', async () => {
  const { put, registry, uidOf } = setup();
  put('b', { created: '2026-01-02T00:00:00Z' });
  put('d', { created: '2026-01-01T00:00:00Z' });
  put('c', { created: '2026-01-01T00:00:00Z' });
  assert.equal(await uidOf('web'), 'c');
  registry.remember('shop', 'web', entry('b', new Date('2026-01-02T00:00:00Z')));
  assert.equal(await uidOf('web'), 'c');
  registry.remember('shop', 'web', entry('a', new Date('2025-01-01T00:00:00Z')));
  assert.equal(await uidOf('web'), 'a');
});

test('of two on one Service one that lost it to the other does not answer, though it is older', async () => {
  const { put, uidOf } = setup();
  const conditions = [{ type: 'Ready', status: 'False', reason: 'ServiceClaimed' }];
  put('a', { created: '2025-01-01T00:00:00Z', status: { conditions } });
  put('b');
  assert.equal(await uidOf('web'), 'b');
});

test('an ElastiService that names another Service now is gone under the old one', async () => {
  const { registry, uidOf } = setup();
  registry.remember('shop', 'web', entry('a'));
  registry.remember('shop', 'api', entry('a'));
  assert.equal(await uidOf('web'), undefined);
  assert.equal(await uidOf('api'), 'a');
});

test('a forgotten one is looked up again', async () => {
  const { cluster, put, registry, uidOf } = setup();
  put('a');
  await uidOf('web');
  registry.forget('a');
  assert.equal(await uidOf('web'), 'a');
  assert.equal(cluster.calls.length, 2);
});

test('a flood for an unknown Service is one look-up a second', async () => {
  const { clock, cluster, put, uidOf } = setup();
  assert.deepEqual(await Promise.all([uidOf('web'), uidOf('web'), uidOf('web')]), [undefined, undefined, undefined]);
  await clock.advance(999);
  put('a');
  assert.equal(await uidOf('web'), undefined);
  assert.equal(cluster.calls.length, 1);
  await clock.advance(1);
  assert.equal(await uidOf('web'), 'a');
});

test('a sync ends a miss at once, also while the look-up is on its way', async () => {
  const { cluster, registry, uidOf } = setup();
  await uidOf('web');
  registry.remember('shop', 'web', entry('a'));
  assert.equal(await uidOf('web'), 'a');
  cluster.after(() => registry.remember('shop', 'api', entry('b')));
  assert.equal(await uidOf('api'), 'b');
});

test('look-ups of one Service at the same time share one call', async () => {
  const { cluster, put, uidOf } = setup();
  put('a');
  assert.deepEqual(await Promise.all([uidOf('web'), uidOf('web')]), ['a', 'a']);
  assert.equal(cluster.calls.length, 1);
});

test('a failed look-up is told to all who wait, and is no miss', async () => {
  const { cluster, put, uidOf } = setup();
  put('a');
  const stop = cluster.before((call) => {
    throw refusal('UNAVAILABLE', call.name, call.subject);
  });
  const results = await Promise.allSettled([uidOf('web'), uidOf('web')]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  stop();
  assert.equal(await uidOf('web'), 'a');
});

test('memory is bounded, and what was used last stays', async () => {
  const { cluster, registry, uidOf } = setup({ maxEntries: 2, maxMisses: 2 });
  registry.remember('shop', 'a', entry('a'));
  registry.remember('shop', 'b', entry('b'));
  await uidOf('a');
  registry.remember('shop', 'c', entry('c'));
  assert.equal(await uidOf('a'), 'a');
  assert.equal(await uidOf('c'), 'c');
  assert.equal(cluster.calls.length, 0);
  for (const service of ['b', 'x', 'y']) await uidOf(service);
  assert.equal(cluster.calls.length, 3);
  await uidOf('y');
  assert.equal(cluster.calls.length, 3);
  await uidOf('b');
  assert.equal(cluster.calls.length, 4);
});
