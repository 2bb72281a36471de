import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SETTINGS } from '../../core/testing/world.ts';
import { createMirror } from '../../mirror/mirror.ts';
import { createRegistry } from '../registry.ts';
import { createModelCluster } from '../testing/model-cluster.ts';
import { makeParent } from '../testing/shop.ts';
import { createVirtualClock } from '../testing/virtual-clock.ts';
import { createSeenRegistry } from './seen-registry.ts';

function setup() {
  const clock = createVirtualClock();
  const cluster = createModelCluster({ clock });
  const mirror = createMirror({ settings: SETTINGS });
  const seeing = { isCurrent: true };
  const registry = createSeenRegistry(
    { mirror, isCurrent: () => seeing.isCurrent },
    createRegistry({ cluster, clock }),
  );
  const make = (uid: string, { service = 'web', created = '2026-01-01T00:00:00Z', status = {} } = {}) =>
    makeParent({
      metadata: { name: uid, namespace: 'shop', uid, creationTimestamp: created },
      spec: { service },
      status,
    });
  return {
    cluster,
    registry,
    seeing,
    /** What the watch shows. */
    show: (...args: Parameters<typeof make>) => mirror.sinks.elastiServices.put(make(...args)),
    /** What there is. */
    put: (...args: Parameters<typeof make>) => cluster.elastiServices.set(`shop/${args[0]}`, make(...args)),
    uidOf: async (service = 'web') => (await registry.find('shop', service))?.uid,
  };
}

const entry = (uid: string) => ({ name: uid, uid, createdAt: new Date('2026-01-01T00:00:00Z') });

test('what our watch shows is found without asking the API, also after a start', async () => {
  const { cluster, registry, show, uidOf } = setup();
  show('a', { created: '2026-01-03T00:00:00Z' });
  assert.equal(await uidOf(), 'a');
  assert.deepEqual(await registry.find('shop', 'web'), { ...entry('a'), createdAt: new Date('2026-01-03T00:00:00Z') });
  assert.deepEqual(cluster.calls, []);
});

test('what our watch does not show yet is looked up', async () => {
  const { cluster, put, uidOf } = setup();
  put('a');
  assert.equal(await uidOf(), 'a');
  assert.equal(cluster.calls.length, 1);
});

test('a watch that is behind is not gone by', async () => {
  const { put, seeing, show, uidOf } = setup();
  show('old');
  put('new');
  seeing.isCurrent = false;
  assert.equal(await uidOf(), 'new');
  seeing.isCurrent = true;
  assert.equal(await uidOf(), 'old');
});

test('an ElastiService that names another Service now is gone under the old one', async () => {
  const { show, uidOf } = setup();
  show('a');
  show('a', { service: 'api' });
  assert.equal(await uidOf(), undefined);
  assert.equal(await uidOf('api'), 'a');
});

test('of two on one Service the older answers, unless it lost the Service to the other', async () => {
  const { show, uidOf } = setup();
  show('b', { created: '2026-01-02T00:00:00Z' });
  show('a');
  assert.equal(await uidOf(), 'a');
  const conditions = [{ type: 'Ready', status: 'False', reason: 'ServiceClaimed' }];
  show('a', { status: { conditions } });
  assert.equal(await uidOf(), 'b');
});

test('one that proved to be gone is looked up, although our watch goes on to show it', async () => {
  const { put, registry, show, uidOf } = setup();
  show('gone');
  show('loser', { created: '2026-01-05T00:00:00Z' });
  put('new', { created: '2026-01-04T00:00:00Z' });
  registry.forget('gone');
  assert.equal(await uidOf(), 'new');
});

test('one that a sync sees to have its Service is taken from our watch again', async () => {
  const { cluster, registry, show, uidOf } = setup();
  show('a');
  registry.forget('a');
  registry.remember('shop', 'web', entry('a'));
  assert.equal(await uidOf(), 'a');
  assert.deepEqual(cluster.calls, []);
});
