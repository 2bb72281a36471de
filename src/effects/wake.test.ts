import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WAKE_ANNOTATION } from '../api/elastiservice.ts';
import { PAUSED_ANNOTATION, PAUSED_BY_ANNOTATION } from '../api/keda.ts';
import { KubeApiError, type KubeCode, UnknownServiceError } from '../errors.ts';
import { createLimiter } from '../triggers/limiter.ts';
import type { Cluster } from './ports.ts';
import { createRegistry } from './registry.ts';
import { createModelCluster, type Hook, keyOf, keyOfTarget, refusal } from './testing/model-cluster.ts';
import { createSeededRandom } from './testing/seeded-random.ts';
import {
  annotationsOf,
  KEDA,
  makeParent,
  openShop,
  type ParentOverrides,
  replicasOf,
  SCALED_OBJECT,
  SHOP,
  setReplicas,
  silentLog,
  TARGET,
  UID,
  WEB,
} from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';
import { createWakes } from './wake.ts';

function setup(overrides: ParentOverrides = {}) {
  const clock = createVirtualClock();
  const cluster = createModelCluster({ clock });
  openShop(cluster, { replicas: 0 });
  cluster.elastiServices.set(keyOf(WEB), makeParent(overrides));
  const registry = createRegistry({ cluster, clock });
  const waked: object[] = [];
  const scaled: object[] = [];
  const errors: object[] = [];
  const wakes = createWakes({
    cluster,
    clock,
    registry,
    random: createSeededRandom(1),
    log: { ...silentLog, error: (fields) => errors.push(fields) },
    onWake: (wake) => waked.push(wake),
    onScaled: ({ namespace, service, code }) => scaled.push({ namespace, service, code }),
  });
  const before = (name: keyof Cluster, hook: Hook) =>
    cluster.before((call) => (call.name === name ? hook(call) : undefined));
  return {
    clock,
    cluster,
    registry,
    wakes,
    waked,
    scaled,
    errors,
    before,
    wake: (service = 'web', namespace = SHOP) => clock.run(wakes.wake(namespace, service)),
    failing: (name: keyof Cluster, code: KubeCode) =>
      before(name, (call) => {
        throw refusal(code, call.name, call.subject);
      }),
    callsOf: (name: keyof Cluster) => cluster.calls.filter((call) => call.name === name).length,
    token: () => cluster.elastiServices.get(keyOf(WEB))?.metadata.annotations?.[WAKE_ANNOTATION],
  };
}

const hasCode = (code: KubeCode) => (error: unknown) => error instanceof KubeApiError && error.code === code;

test('a wake writes a token and raises the target', async () => {
  const { cluster, scaled, token, wake, waked } = setup({ spec: { minTargetReplicas: 2 } });
  await wake();
  assert.equal(token(), '2026-03-01T12:00:00.000Z/00000000-0000-4000-8000-000100000001');
  assert.equal(replicasOf(cluster), 2);
  assert.deepEqual(scaled, [{ namespace: SHOP, service: 'web', code: 'success' }]);
  assert.deepEqual(waked, [{ namespace: SHOP, service: 'web', seconds: 0 }]);
});

test('the token is in the cluster before /scale is read: a zero step beside us finds it', async () => {
  const { cluster, token, wake } = setup();
  let tokenAtRead: unknown;
  cluster.before((call) => {
    if (call.name === 'readScale') tokenAtRead = token();
  });
  await wake();
  assert.notEqual(tokenAtRead, undefined);
});

test('a stored minTargetReplicas 0 wakes to 1 (pitfall 3)', async () => {
  const { cluster, wake } = setup({ spec: { minTargetReplicas: 0 } });
  await wake();
  assert.equal(replicasOf(cluster), 1);
});

test('a target that is up already keeps its replicas, and the token is written all the same', async () => {
  const { cluster, callsOf, token, wake } = setup();
  setReplicas(cluster, 5);
  await wake();
  assert.equal(replicasOf(cluster), 5);
  assert.equal(callsOf('writeScale'), 0);
  assert.notEqual(token(), undefined);
});

test('KEDA is unpaused on the way', async () => {
  const { cluster, wake } = setup({ spec: { autoscaler: KEDA } });
  const annotations = { [PAUSED_ANNOTATION]: 'true', [PAUSED_BY_ANNOTATION]: UID };
  cluster.scaledObjects.set(keyOf(SCALED_OBJECT), { annotations, minReplicaCount: 1 });
  await wake();
  assert.deepEqual(annotationsOf(cluster), {});
});

test('an unknown Service is told so, at once and without a token', async () => {
  const { callsOf, clock, wake } = setup();
  await assert.rejects(wake('nobody'), UnknownServiceError);
  await assert.rejects(wake('web', 'other'), UnknownServiceError);
  assert.equal(callsOf('writeWakeToken'), 0);
  assert.equal(clock.monotonicMs(), 0);
});

test('a thousand held requests are one wake', async () => {
  const { callsOf, clock, wakes } = setup();
  await clock.run(Promise.all(Array.from({ length: 1000 }, () => wakes.wake(SHOP, 'web'))));
  assert.equal(callsOf('listElastiServices'), 1);
  assert.equal(callsOf('writeWakeToken'), 1);
  assert.equal(callsOf('writeScale'), 1);
});

test('hundreds of wakes at once of an API server that is busy for seconds with them: each call is made once', async () => {
  const { cluster, clock, registry, wakes, errors, callsOf } = setup();
  const names = Array.from({ length: 400 }, (_, i) => `web-${i}`);
  for (const name of names) {
    const metadata = { name, uid: `uid-${name}` };
    cluster.elastiServices.set(keyOf({ ...WEB, name }), makeParent({ metadata, spec: specOf(name) }));
    cluster.targets.set(keyOfTarget({ ...TARGET, name }), { replicas: 0, statusReplicas: 0 });
    registry.remember(SHOP, name, { ...metadata, createdAt: new Date(0) });
  }
  // 80 calls a second: each of those that wakes make at once takes 0.8 s, and may take 1 s.
  const [atOnce, callMs] = [32, 400];
  const serve = createLimiter(atOnce);
  cluster.before(() => serve(() => clock.sleep(callMs)));
  await clock.run(Promise.all(names.map((name) => wakes.wake(SHOP, name))));
  await clock.run(wakes.stop());
  for (const name of names) assert.equal(cluster.targets.get(keyOfTarget({ ...TARGET, name }))?.replicas, 1, name);
  for (const name of ['writeWakeToken', 'readScale', 'writeScale'] as const)
    assert.equal(callsOf(name), names.length, name);
  assert.deepEqual(errors, []);
  assert.ok(clock.monotonicMs() <= 1.05 * ((3 * names.length * callMs) / atOnce), `${clock.monotonicMs()} ms`);
});

const specOf = (name: string) => ({
  service: name,
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
});

test('the same name in another namespace does not suppress a wake (pitfall 22)', async () => {
  const { callsOf, clock, cluster, wakes } = setup();
  const other = { namespace: 'other', name: 'web' };
  cluster.elastiServices.set(keyOf(other), makeParent({ metadata: { ...other, uid: 'uid-other' } }));
  cluster.targets.set(keyOfTarget({ ...TARGET, namespace: 'other' }), { replicas: 0, statusReplicas: 0 });
  await clock.run(Promise.all([wakes.wake(SHOP, 'web'), wakes.wake('other', 'web')]));
  assert.equal(callsOf('writeWakeToken'), 2);
  assert.equal(clock.monotonicMs(), 0);
  assert.equal(cluster.targets.get(keyOfTarget({ ...TARGET, namespace: 'other' }))?.replicas, 1);
});

test('joining a wake whose token was already sent gets a second token', async () => {
  const { before, callsOf, clock, cluster, token, wakes } = setup();
  let second: Promise<void> | undefined;
  const stop = before('writeWakeToken', () => {
    stop();
    // Asked while the first token is on its way: that one may be served before this request came.
    second = wakes.wake(SHOP, 'web');
  });
  await clock.run(wakes.wake(SHOP, 'web'));
  const first = token();
  setReplicas(cluster, 0);
  assert.ok(second);
  await clock.run(second);
  assert.equal(callsOf('writeWakeToken'), 2);
  assert.notEqual(token(), first);
  assert.equal(replicasOf(cluster), 1);
});

test('at most one token a second, and all who asked in between share the next', async () => {
  const { callsOf, clock, wake, wakes } = setup();
  await wake();
  const later = [wakes.wake(SHOP, 'web'), wakes.wake(SHOP, 'web')];
  await clock.advance(400);
  later.push(wakes.wake(SHOP, 'web'));
  await clock.advance(599);
  assert.equal(callsOf('writeWakeToken'), 1);
  await clock.run(Promise.all(later));
  assert.equal(clock.monotonicMs(), 1000);
  assert.equal(callsOf('writeWakeToken'), 2);
});

test('a wake a second after the last does not wait', async () => {
  const { clock, wake } = setup();
  await wake();
  await clock.advance(1000);
  await wake();
  assert.equal(clock.monotonicMs(), 1000);
});

test('an ElastiService re-created under its name is found anew', async () => {
  const { cluster, token, wake } = setup();
  await wake();
  cluster.elastiServices.set(keyOf(WEB), makeParent({ metadata: { uid: 'uid-new' } }));
  setReplicas(cluster, 0);
  await wake();
  assert.notEqual(token(), undefined);
  assert.equal(replicasOf(cluster), 1);
});

test('an ElastiService that is gone is unknown', async () => {
  const { cluster, registry, wake } = setup();
  registry.remember(SHOP, 'web', { name: 'web', uid: UID, createdAt: new Date(0) });
  cluster.elastiServices.delete(keyOf(WEB));
  await assert.rejects(wake(), UnknownServiceError);
});

test('an ElastiService that names another Service now gives way to the one that names ours', async () => {
  const { cluster, registry, wake } = setup();
  registry.remember(SHOP, 'web', { name: 'web', uid: UID, createdAt: new Date(0) });
  cluster.elastiServices.set(keyOf(WEB), makeParent({ spec: { service: 'old' } }));
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web2' };
  const heir = makeParent({ metadata: { name: 'heir', uid: 'uid-heir' }, spec: { scaleTargetRef } });
  cluster.elastiServices.set('shop/heir', heir);
  const heirTarget = keyOfTarget({ ...TARGET, kind: 'StatefulSet', name: 'web2' });
  cluster.targets.set(heirTarget, { replicas: 0, statusReplicas: 0 });
  await wake();
  assert.equal(cluster.targets.get(heirTarget)?.replicas, 1);
  assert.equal(replicasOf(cluster), 0);
});

// Found by the simulation (rivals): the one that sleeps was never told, so that its zero step saw no wake.
test('a wake is for the one that has the Service, though an older one that names it too is remembered', async () => {
  const { cluster, registry, token, wake } = setup();
  const metadata = { name: 'older', uid: 'uid-older', creationTimestamp: '2025-01-01T00:00:00Z' };
  const conditions = [{ type: 'Ready', status: 'False', reason: 'ServiceClaimed' }];
  cluster.elastiServices.set('shop/older', makeParent({ metadata, status: { conditions } }));
  registry.remember(SHOP, 'web', { name: 'older', uid: 'uid-older', createdAt: new Date('2025-01-01T00:00:00Z') });
  await wake();
  assert.notEqual(token(), undefined);
  assert.equal(replicasOf(cluster), 1);
});

// Found by the simulation (rivals, deletions).
test('a wake is for the heir too while the older one, which is still remembered, is being deleted', async () => {
  const { cluster, registry, token, wake } = setup();
  const metadata = {
    name: 'older',
    uid: 'uid-older',
    creationTimestamp: '2025-01-01T00:00:00Z',
    deletionTimestamp: '2026-01-01T00:00:00Z',
  };
  cluster.elastiServices.set('shop/older', makeParent({ metadata }));
  registry.remember(SHOP, 'web', { name: 'older', uid: 'uid-older', createdAt: new Date('2025-01-01T00:00:00Z') });
  await wake();
  assert.notEqual(token(), undefined);
  assert.equal(replicasOf(cluster), 1);
});

test('one that is being deleted is woken all the same where nobody takes over its Service', async () => {
  const { cluster, token, wake } = setup();
  const own = cluster.elastiServices.get('shop/web');
  assert.ok(own);
  const metadata = { ...own.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' };
  cluster.elastiServices.set('shop/web', { ...own, metadata });
  await wake();
  assert.notEqual(token(), undefined);
  assert.equal(replicasOf(cluster), 1);
});

test('one that lost the Service to one that is gone is woken all the same', async () => {
  const { token, wake } = setup({ status: { conditions: [{ type: 'Ready', reason: 'ServiceClaimed' }] } });
  await wake();
  assert.notEqual(token(), undefined);
});

test('one that keeps being replaced is an error and not unknown: the caller asks again', async () => {
  const { failing, wake } = setup();
  failing('writeWakeToken', 'CONFLICT');
  await assert.rejects(wake(), hasCode('CONFLICT'));
});

test('a token that could not be written is an error, after a few quick tries (pitfall 23)', async () => {
  const { callsOf, clock, cluster, failing, wake } = setup();
  failing('writeWakeToken', 'UNAVAILABLE');
  await assert.rejects(wake(), hasCode('UNAVAILABLE'));
  assert.equal(callsOf('writeWakeToken'), 3);
  assert.ok(clock.monotonicMs() <= 300);
  assert.equal(replicasOf(cluster), 0);
});

test('an API server that needs more than a second for each token is given more', async () => {
  const { before, callsOf, clock, cluster, wake } = setup();
  before('writeWakeToken', () => clock.sleep(1500));
  await wake();
  assert.equal(callsOf('writeWakeToken'), 2);
  assert.equal(replicasOf(cluster), 1);
});

test('a hanging API does not hold a wake for long', async () => {
  const { before, clock, wake } = setup();
  before('writeWakeToken', () => clock.sleep(600_000));
  await assert.rejects(wake(), hasCode('TIMEOUT'));
  assert.ok(clock.monotonicMs() <= 7300);
});

test('what no repetition helps is not repeated', async () => {
  const { callsOf, failing, wake } = setup();
  failing('writeWakeToken', 'FORBIDDEN');
  await assert.rejects(wake(), hasCode('FORBIDDEN'));
  assert.equal(callsOf('writeWakeToken'), 1);
});

test('a try after a lost answer has a new token: the old one may be served already', async () => {
  const { clock, cluster, token, wakes } = setup();
  const tokens: unknown[] = [];
  cluster.after((call) => {
    if (call.name !== 'writeWakeToken') return;
    tokens.push(token());
    if (tokens.length === 1) throw refusal('TIMEOUT', call.name, call.subject);
  });
  await clock.run(wakes.wake(SHOP, 'web'));
  assert.equal(new Set(tokens).size, 2);
});

test('a look-up that fails is tried again', async () => {
  const { before, cluster, wake } = setup();
  const stop = before('listElastiServices', (call) => {
    stop();
    throw refusal('UNAVAILABLE', call.name, call.subject);
  });
  await wake();
  assert.equal(replicasOf(cluster), 1);
});

test('a slow raise is awaited for 500 ms and goes on', async () => {
  const { before, clock, cluster, wake } = setup();
  before('writeScale', () => clock.sleep(1500));
  await wake();
  assert.equal(clock.monotonicMs(), 500);
  assert.equal(replicasOf(cluster), 0);
  await clock.advance(1000);
  assert.equal(replicasOf(cluster), 1);
});

test('a failed raise is tried again until it succeeds, ever more slowly', async () => {
  const { before, callsOf, clock, cluster, wake, waked } = setup();
  const triedAtMs: number[] = [];
  const stop = before('readScale', (call) => {
    triedAtMs.push(clock.monotonicMs());
    throw refusal('SERVER_ERROR', call.name, call.subject);
  });
  await wake();
  await clock.advance(120_000);
  // Full jitter of 50 ms, doubling up to 10 s: never more than 10 s between two tries, and far from a storm.
  const gaps = triedAtMs.slice(1).map((atMs, i) => atMs - (triedAtMs[i] ?? 0));
  assert.ok(gaps.every((gapMs, i) => gapMs <= Math.min(10_000, 50 * 2 ** i)));
  assert.ok(gaps.length > 15 && gaps.length < 80, `${gaps.length} tries`);
  stop();
  await clock.advance(10_000);
  assert.equal(replicasOf(cluster), 1);
  assert.equal(waked.length, 1);
  const calls = callsOf('readScale');
  await clock.advance(60_000);
  assert.equal(callsOf('readScale'), calls);
});

for (const [what, end] of [
  ['its token is no longer the current one', { token: 'newer' }],
  ['its token was served', 'served'],
  ['the ElastiService is being deleted', { metadata: { deletionTimestamp: '2026-03-01T12:00:00Z' } }],
  ['the ElastiService is another one', { metadata: { uid: 'another' } }],
  ['the ElastiService is gone', undefined],
] as const) {
  test(`a chain of tries ends when ${what}`, async () => {
    const { callsOf, clock, cluster, failing, token, wake } = setup();
    failing('writeScale', 'SERVER_ERROR');
    await wake();
    const current = token() ?? '';
    if (end === undefined) cluster.elastiServices.delete(keyOf(WEB));
    else if (end === 'served') {
      const status = { phase: 'Waking', servedWake: current };
      cluster.elastiServices.set(keyOf(WEB), makeParent({ token: current, status }));
    } else cluster.elastiServices.set(keyOf(WEB), makeParent({ token: current, ...end }));
    await clock.advance(10_000);
    const calls = callsOf('writeScale');
    const reads = callsOf('readElastiService');
    assert.ok(reads > 0);
    await clock.advance(60_000);
    assert.equal(callsOf('writeScale'), calls);
    assert.equal(callsOf('readElastiService'), reads);
  });
}

test('a chain goes on while the ElastiService cannot be read', async () => {
  const { before, clock, cluster, failing, wake } = setup();
  const stopWrites = failing('writeScale', 'SERVER_ERROR');
  const stopReads = before('readElastiService', (call) => {
    throw refusal('UNAVAILABLE', call.name, call.subject);
  });
  await wake();
  await clock.advance(20_000);
  stopWrites();
  stopReads();
  await clock.advance(10_000);
  assert.equal(replicasOf(cluster), 1);
});

test('a new wake ends the chain before it, also where the ElastiService cannot be read', async () => {
  const { callsOf, clock, failing, wake } = setup();
  failing('writeScale', 'SERVER_ERROR');
  failing('readElastiService', 'UNAVAILABLE');
  for (let wakes = 0; wakes < 10; wakes++) {
    await wake();
    await clock.advance(1000);
  }
  await clock.advance(60_000);
  const before = callsOf('readElastiService');
  await clock.advance(600_000);
  // One chain tries every 5 s on average; ten would try every 0.5 s.
  const tries = callsOf('readElastiService') - before;
  assert.ok(tries > 60 && tries < 250, `${tries} tries in 10 min`);
});

test('a target that is gone ends the chain: the condition takes over', async () => {
  const { callsOf, clock, cluster, wake } = setup();
  cluster.targets.delete(keyOfTarget(TARGET));
  await wake();
  await clock.advance(60_000);
  assert.equal(callsOf('readScale'), 1);
});

test('a spec that is not valid is left to sync', async () => {
  const { callsOf, clock, token, wake } = setup({ spec: { triggers: [] } });
  await wake();
  await clock.advance(60_000);
  assert.notEqual(token(), undefined);
  assert.equal(callsOf('readScale'), 0);
});

test('an ElastiService that is being deleted is raised at once', async () => {
  const { cluster, wake } = setup({ metadata: { deletionTimestamp: '2026-03-01T12:00:00Z' } });
  await wake();
  assert.equal(replicasOf(cluster), 1);
});

test('a bug in the raise is logged, and the wake stands: its token is written', async () => {
  const { before, errors, token, wake } = setup();
  before('readScale', () => {
    throw new TypeError('bug');
  });
  await wake();
  assert.equal(errors.length, 1);
  assert.notEqual(token(), undefined);
});

test('stopping waits for what is under way and begins no further try', async () => {
  const { before, callsOf, clock, cluster, wakes } = setup();
  before('writeScale', () => clock.sleep(1500));
  const woken = wakes.wake(SHOP, 'web');
  await clock.settle();
  await clock.run(wakes.stop());
  assert.equal(clock.monotonicMs(), 1500);
  assert.equal(replicasOf(cluster), 1);
  await woken;
  assert.equal(callsOf('writeScale'), 1);
});

test('stopping ends a chain that waits for its next try, and a wake that comes later tries once', async () => {
  const { callsOf, clock, failing, wake, wakes } = setup();
  failing('readScale', 'SERVER_ERROR');
  await wake();
  await clock.run(wakes.stop());
  const calls = callsOf('readScale');
  await clock.advance(60_000);
  assert.equal(callsOf('readScale'), calls);
  await wake();
  await clock.advance(60_000);
  assert.equal(callsOf('readScale'), calls + 1);
});

test('a finished wake leaves no timer behind', async () => {
  const { clock, wake } = setup();
  await wake();
  await clock.advance(60_000);
  assert.equal(clock.nextAtMs(), undefined);
});
