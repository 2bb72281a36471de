import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Child } from '../api/hooks.ts';
import { requestOf, settingsOf, WORLD, type World } from '../core/testing/world.ts';
import type { TriggerReading } from '../core/types.ts';
import { createEffects } from './create-effects.ts';
import { createModelClaims } from './testing/model-claims.ts';
import { createModelCluster, keyOfTarget } from './testing/model-cluster.ts';
import { createSeededRandom } from './testing/seeded-random.ts';
import { makeSharer, silentLog, TARGET } from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

const ago = (seconds: number) => new Date(WORLD.now.getTime() - seconds * 1000).toISOString();
const SERVING = { phase: 'Serving', phaseSince: ago(900), readySince: ago(900), idleSince: ago(900) };
const BY_PORT: World = { ...WORLD, routing: 'port', status: SERVING };

/** One replica of the hook service beside what resolvers say of themselves. */
function setup() {
  const settings = settingsOf(BY_PORT);
  const clock = createVirtualClock(WORLD.now);
  const cluster = createModelCluster({ clock });
  cluster.targets.set(keyOfTarget(TARGET), { replicas: 2, statusReplicas: 2 });
  const claimsCluster = createModelClaims();
  const says = { listening: [] as number[], services: {} as Record<string, { open: number; held: number }> };
  const asked: string[] = [];
  const idle = async (): Promise<readonly TriggerReading[]> => [
    { state: 'idle', reason: 'Test', message: 'idle', ageSeconds: 0 },
  ];
  const { answers } = createEffects({
    cluster,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    triggers: { read: idle, prove: idle, refresh: async () => [], forget: () => {} },
    settings,
    byPort: {
      cluster: claimsCluster,
      ask: async (address, path) => {
        asked.push(`${address}${path}`);
        return says;
      },
      portRange: { first: 10_240, last: 10_495 },
    },
  });
  const sync = (world: World) => clock.run(answers.sync(requestOf(world), clock.monotonicMs()));
  const finalize = (world: World) => clock.run(answers.finalize(requestOf(world), clock.monotonicMs()));
  const claimed = () => [...claimsCluster.claims()].filter(([, entry]) => entry?.freedAt === undefined);
  return { clock, cluster, claimsCluster, says, asked, sync, finalize, claimed };
}

const slicesIn = (children: readonly Child[]) => children.filter(({ kind }) => kind === 'EndpointSlice');

test('a drain begins once the private Service stands, its ports are claimed and resolvers listen on them', async () => {
  const { clock, says, sync, claimed } = setup();
  const first = await sync(BY_PORT);
  assert.deepEqual(
    first.children.map(({ kind }) => kind),
    ['Service'],
  );
  assert.deepEqual(claimed(), []);

  const [privateService] = first.children;
  const there = { ...BY_PORT, children: first.children };
  const second = await sync(there);
  const [[port = 0, entry] = []] = claimed();
  assert.deepEqual(second.status.resolverPorts, [{ port: 80, resolverPort: port }]);
  assert.equal(second.status.phase, 'Serving');
  assert.equal(second.resyncAfterSeconds, 1);
  assert.deepEqual([entry?.uid, entry?.privateService], ['uid-web', privateService?.metadata.name]);
  assert.equal(entry?.privateServiceUid, `uid-${privateService?.metadata.name}`);
  assert.equal(entry?.portName, 'http');

  says.listening = [port];
  await clock.advance(1000);
  const third = await sync(there);
  assert.equal(third.status.phase, 'Draining');
  const [slice] = slicesIn(third.children);
  assert.deepEqual(slice?.ports, [{ name: 'http', port, protocol: 'TCP' }]);
});

// Found by the simulation (sharedTargets): the connections of the other were cut by our zero.
test('connections of an ElastiService that shares the target keep it awake too', async () => {
  const { clock, cluster, says, sync, claimed } = setup();
  cluster.elastiServices.set('shop/api', makeSharer({ status: { phase: 'Draining', phaseSince: ago(1) } }));
  const { children } = await sync(BY_PORT);
  await sync({ ...BY_PORT, children });
  says.listening = claimed().map(([port]) => port);
  says.services = { 'uid-api': { open: 1, held: 0 } };
  await clock.advance(1000);
  const open = await sync({ ...BY_PORT, children });
  assert.equal(open.status.phase, 'Serving');
  assert.match(JSON.stringify(open.status.conditions), /ConnectionsOpen/);
  says.services = {};
  await clock.advance(1000);
  assert.equal((await sync({ ...BY_PORT, children })).status.phase, 'Draining');
});

test('while nothing changes neither the API server nor a resolver is asked anything more', async () => {
  const { clock, claimsCluster, says, asked, sync, claimed } = setup();
  const { children } = await sync(BY_PORT);
  const world = { ...BY_PORT, status: { ...SERVING, idleSince: undefined, phaseSince: ago(1) }, children };
  await sync(world);
  says.listening = claimed().map(([port]) => port);
  await clock.advance(1000);
  await sync(world);
  const before = { calls: claimsCluster.calls.length, asked: asked.length };
  for (let second = 0; second < 28; second++) {
    await clock.advance(1000);
    await sync({ ...world, now: clock.now(), status: { ...SERVING, idleSince: undefined, phaseSince: ago(1) } });
  }
  assert.equal(claimsCluster.calls.length, before.calls);
  assert.deepEqual(
    asked.slice(before.asked).filter((question) => question.endsWith('/ports')),
    [],
  );
});

test('finalized, its ports are free; and so they are where the spec cannot be read', async () => {
  for (const spec of [BY_PORT.spec, { service: 'web' }]) {
    const { sync, finalize, claimed } = setup();
    const { children } = await sync(BY_PORT);
    await sync({ ...BY_PORT, children });
    assert.equal(claimed().length, 1);
    const gone: World = { ...BY_PORT, spec, children: [], deletedAt: new Date(ago(60)) };
    const held = await finalize({ ...gone, children });
    assert.equal(held.finalized, false);
    assert.equal(claimed().length, 1);
    assert.equal((await finalize(gone)).finalized, true);
    assert.deepEqual(claimed(), []);
  }
});

test('an API server that hangs does not hold up the end of an ElastiService', async () => {
  const { clock, claimsCluster, sync, finalize } = setup();
  const { children } = await sync(BY_PORT);
  await sync({ ...BY_PORT, children });
  claimsCluster.before(() => clock.sleep(60_000));
  const before = clock.monotonicMs();
  const gone = await finalize({ ...BY_PORT, children: [], deletedAt: new Date(ago(60)) });
  assert.equal(gone.finalized, true);
  assert.ok(clock.monotonicMs() - before <= 1000);
});
