import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SETTINGS } from '../core/testing/world.ts';
import { createEffects } from './create-effects.ts';
import { createModelCluster, keyOf } from './testing/model-cluster.ts';
import { createSeededRandom } from './testing/seeded-random.ts';
import { makeParent, openShop, replicasOf, SHOP, silentLog, WEB } from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

test('wakes go over the connections that are theirs, where there are such', async () => {
  const clock = createVirtualClock();
  const model = createModelCluster({ clock });
  openShop(model, { replicas: 0 });
  model.elastiServices.set(keyOf(WEB), makeParent());
  const cluster = new Proxy(model, {
    get: () => () => assert.fail('a wake went over the connections of syncs'),
  });
  const { wakes, registry } = createEffects({
    cluster,
    wakeCluster: model,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    triggers: { read: async () => [], prove: async () => [], refresh: async () => [], forget: () => {} },
    settings: SETTINGS,
  });
  const { uid = '', creationTimestamp } = makeParent().metadata;
  registry.remember(SHOP, 'web', { name: WEB.name, uid, createdAt: new Date(creationTimestamp ?? 0) });
  await clock.run(wakes.wake(SHOP, 'web'));
  assert.equal(replicasOf(model), 1);
});
