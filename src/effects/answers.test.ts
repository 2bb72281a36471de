import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SERVICES } from '../api/hooks.ts';
import { EndpointSlice } from '../api/kubernetes.ts';
import { requestOf, SETTINGS, WORLD, type World } from '../core/testing/world.ts';
import type { TriggerReading } from '../core/types.ts';
import { KubeApiError } from '../errors.ts';
import { findUnusableRules } from '../resolver/http1/probe-response.ts';
import type { TriggeredService } from '../triggers/trigger-type.ts';
import type { AnsweredHook } from './answers.ts';
import { createEffects } from './create-effects.ts';
import { createModelCluster, keyOf, keyOfTarget, refusal } from './testing/model-cluster.ts';
import { createSeededRandom } from './testing/seeded-random.ts';
import { silentLog, TARGET } from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

const ago = (seconds: number) => new Date(WORLD.now.getTime() - seconds * 1000).toISOString();
const ASLEEP = { phase: 'Asleep', phaseSince: ago(600), mode: 'proxy', servedWake: 'old', sleptBy: 'elasti' };

/** `demand`: what every trigger says; `asks` counts the questions. */
function setup({ replicas = 2, demand = 'idle' as TriggerReading['state'], askMs = 0 } = {}) {
  let judged = 0;
  const clock = createVirtualClock(WORLD.now);
  const cluster = createModelCluster({ clock });
  cluster.targets.set(keyOfTarget(TARGET), { replicas, statusReplicas: replicas });
  const asks: string[] = [];
  const readings = async (kind: string): Promise<readonly TriggerReading[]> => {
    asks.push(kind);
    if (askMs > 0) await clock.sleep(askMs);
    return [{ state: demand, reason: 'Test', message: demand, ageSeconds: 0 }];
  };
  const forgotten: string[] = [];
  const forget = ({ namespace }: TriggeredService) => void forgotten.push(namespace);
  const triggers = { read: () => readings('read'), prove: () => readings('prove'), refresh: async () => [], forget };
  const answered: AnsweredHook[] = [];
  const { answers, wakes, registry } = createEffects({
    cluster,
    clock,
    random: createSeededRandom(1),
    log: silentLog,
    triggers,
    settings: SETTINGS,
    findUnusableRules: (rules) => {
      judged++;
      return findUnusableRules(rules);
    },
    onAnswered: (answer) => answered.push(answer),
  });
  /** `live`: the status in the cluster, where the request is behind it. */
  const sync = (world: World, live: unknown = world.status) => {
    const { parent } = requestOf({ ...world, status: live });
    cluster.elastiServices.set(keyOf(parent.metadata), parent);
    return clock.run(answers.sync(requestOf(world), clock.monotonicMs()));
  };
  const finalize = (world: World) => clock.run(answers.finalize(requestOf(world), clock.monotonicMs()));
  const replicasNow = () => cluster.targets.get(keyOfTarget(TARGET))?.replicas;
  return {
    clock,
    cluster,
    answers,
    wakes,
    sync,
    finalize,
    asks,
    answered,
    forgotten,
    registry,
    replicasNow,
    judgedTimes: () => judged,
  };
}

const redirected = async (world: Partial<World> = {}) => {
  const { sync } = setup();
  const holding = await sync({ ...WORLD, pods: [], status: { phase: 'Holding', phaseSince: ago(5) }, ...world });
  return holding.children;
};

test('nothing but what Metacontroller knows is on the wire', async () => {
  const { sync } = setup({ replicas: 0 });
  const answer = await sync({ ...WORLD, pods: [], replicas: 0, status: ASLEEP, wakeToken: 'new' });
  assert.deepEqual(Object.keys(answer).sort(), ['children', 'resyncAfterSeconds', 'status']);
});

test('a pending wake is carried out before the answer', async () => {
  const { sync, replicasNow } = setup({ replicas: 0 });
  await sync({ ...WORLD, pods: [], replicas: 0, status: ASLEEP, wakeToken: 'new' });
  assert.equal(replicasNow(), 2);
});

test('an API server that is down does not keep traffic from being redirected', async () => {
  const { sync, cluster } = setup();
  cluster.before(({ name, subject }) => {
    throw refusal('UNAVAILABLE', name, subject);
  });
  const answer = await sync({ ...WORLD, pods: [], status: { phase: 'Serving', phaseSince: ago(900) } });
  assert.ok(answer.children.some((child) => child.kind === 'EndpointSlice'));
});

test('a raise that fails is told by a condition, and the answer still goes out', async () => {
  const { sync, cluster } = setup({ replicas: 0 });
  cluster.before(({ name, subject }) => {
    if (name === 'writeScale') throw refusal('FORBIDDEN', name, subject);
  });
  const answer = await sync({ ...WORLD, pods: [], replicas: 0, status: ASLEEP, wakeToken: 'new' });
  const ready = (answer.status.conditions as { type: string; status: string; reason: string }[]).find(
    (c) => c.type === 'Ready',
  );
  assert.deepEqual([ready?.status, ready?.reason], ['False', 'ScaleFailed']);
});

test('an answer that drops slices and is older than 1 s keeps everything and asks again at once', async () => {
  const children = await redirected();
  const settled = { phase: 'Waking', phaseSince: ago(60), readySince: ago(30), mode: 'proxy' };
  const world: World = { ...WORLD, children, status: settled };
  const inTime = await setup({ askMs: 900 }).sync(world);
  assert.equal(
    inTime.children.some((child) => child.kind === 'EndpointSlice'),
    false,
  );
  const late = await setup({ askMs: 1001 }).sync(world);
  assert.deepEqual(
    late.children.map((child) => child.metadata.name).sort(),
    children.map((child) => child.metadata.name).sort(),
  );
  assert.equal(late.resyncAfterSeconds, 0.1);
  assert.deepEqual(late.status, settled);
});

// Found by the simulation (seed 21000266, --faults all): pods were away for a moment, and the status that said so had not
// come to Metacontroller yet when they were back.
test('an answer that drops slices on a status that the cluster is ahead of keeps them and asks again at once', async () => {
  const settled = { phase: 'Waking', phaseSince: ago(60), readySince: ago(30), mode: 'proxy' };
  const world: World = { ...WORLD, children: await redirected(), status: settled };
  const slicesIn = async (live?: unknown) => {
    const answer = await setup().sync(world, live);
    return [answer.children.filter(({ kind }) => kind === 'EndpointSlice').length, answer.resyncAfterSeconds <= 0.1];
  };
  assert.deepEqual(await slicesIn(), [0, false]);
  const { readySince: _, ...away } = settled;
  assert.deepEqual(await slicesIn(away), [1, true]);
});

test('an answer that would drop slices keeps them while the ElastiService cannot be read', async () => {
  const settled = { phase: 'Waking', phaseSince: ago(60), readySince: ago(30), mode: 'proxy' };
  const { sync, cluster } = setup();
  cluster.before(({ name, subject }) => {
    if (name === 'readElastiService') throw refusal('UNAVAILABLE', name, subject);
  });
  const answer = await sync({ ...WORLD, children: await redirected(), status: settled });
  assert.equal(answer.children.filter(({ kind }) => kind === 'EndpointSlice').length, 1);
});

test('a late answer that drops nothing goes out as it is', async () => {
  const answer = await setup({ askMs: 3000 }).sync(WORLD);
  assert.equal(answer.resyncAfterSeconds > 0.1, true);
});

test('asleep with nobody asking, /scale is read once in five minutes', async () => {
  const { sync, cluster, clock } = setup({ replicas: 0 });
  const children = await redirected();
  const world: World = { ...WORLD, pods: [], replicas: 0, children, status: ASLEEP };
  const reads = () => cluster.calls.filter((call) => call.name === 'readScale').length;
  await sync(world);
  for (let second = 30; second < 300; second += 30) {
    await clock.advance(30_000);
    await sync(world);
  }
  assert.equal(reads(), 1);
  await clock.advance(31_000);
  await sync(world);
  assert.equal(reads(), 2);
});

test('what was read before an effect is not believed after it', async () => {
  const { sync, clock } = setup({ replicas: 0 });
  const world: World = { ...WORLD, pods: [], replicas: 0, status: ASLEEP };
  await sync(world);
  await sync({ ...world, wakeToken: 'new' });
  await clock.advance(1000);
  // The status of the answer before was lost, so that nothing in the request tells of the raise.
  const answer = await sync(world);
  assert.equal(answer.status.phase, 'Waking');
});

test('every sync teaches the registry, so that a wake needs no look-up', async () => {
  const { clock, sync, wakes, cluster } = setup();
  await sync(WORLD);
  await clock.run(wakes.wake('shop', 'web'));
  assert.equal(
    cluster.calls.some((call) => call.name === 'listElastiServices'),
    false,
  );
});

test('one that lost its Service to another is not woken for it', async () => {
  const { answers, clock, registry } = setup();
  const { related, ...request } = requestOf(WORLD);
  const controller = { kind: 'ElastiService', name: 'other', uid: 'uid-other', controller: true };
  const name = 'elasti-web-pvt-4b5e57f6eb';
  const claimed = { metadata: { name, namespace: 'shop', ownerReferences: [controller] }, spec: {} };
  registry.remember('shop', 'web', { name: 'web', uid: 'uid-web', createdAt: new Date(0) });
  const services = { ...related[SERVICES], [`shop/${name}`]: claimed };
  await clock.run(answers.sync({ ...request, related: { ...related, [SERVICES]: services } }, clock.monotonicMs()));
  assert.equal(await registry.find('shop', 'web'), undefined);
});

test('a finalized ElastiService is forgotten', async () => {
  const { sync, finalize, registry, answered, forgotten, cluster } = setup();
  await sync(WORLD);
  const answer = await finalize({ ...WORLD, deletedAt: WORLD.now, status: { phase: 'Serving', phaseSince: ago(900) } });
  assert.equal(answer.finalized, true);
  assert.equal(answered.at(-1)?.isFinalized, true);
  assert.deepEqual(forgotten, ['shop']);
  cluster.elastiServices.delete(keyOf(requestOf(WORLD).parent.metadata));
  assert.equal(await registry.find('shop', 'web'), undefined);
});

// Found by the simulation (deletions, watchLag): nobody follows the resolver in a slice whose ElastiService is gone.
test('the finalizer stays while a slice is in the cluster that the request does not show, for a minute at most', async () => {
  const { finalize, cluster, answered } = setup();
  const deleted = { ...WORLD, deletedAt: WORLD.now, status: { phase: 'Serving', phaseSince: ago(900) } };
  const left = EndpointSlice.parse({
    metadata: {
      name: 'elasti-web-endpointslice-to-resolver',
      namespace: 'shop',
      labels: { 'kubernetes.io/service-name': 'web' },
      ownerReferences: [{ apiVersion: 'v1', kind: 'ElastiService', name: 'web', uid: 'uid-web', controller: true }],
    },
    addressType: 'IPv4',
  });
  cluster.slices.set('shop/elasti-web-endpointslice-to-resolver', left);
  assert.equal((await finalize(deleted)).finalized, false);
  assert.equal(answered.at(-1)?.isFinalized, false);
  assert.equal((await finalize({ ...deleted, deletedAt: new Date(WORLD.now.getTime() - 61_000) })).finalized, true);
  cluster.before(({ name }) => {
    if (name === 'listSlices') throw refusal('UNAVAILABLE', name, 'shop/web');
  });
  assert.equal((await finalize(deleted)).finalized, false);
  cluster.slices.delete('shop/elasti-web-endpointslice-to-resolver');
});

test('deleting what we put to sleep raises it and keeps the slices until a pod is ready', async () => {
  const children = await redirected();
  const { finalize, replicasNow } = setup({ replicas: 0 });
  const answer = await finalize({ ...WORLD, pods: [], replicas: 0, children, deletedAt: WORLD.now, status: ASLEEP });
  assert.equal(replicasNow(), 2);
  assert.equal(answer.finalized, false);
  assert.ok(answer.children.some((child) => child.kind === 'EndpointSlice'));
});

test('a spec that cannot be read changes nothing and says why', async () => {
  const { sync, cluster, asks } = setup();
  const children = await redirected();
  const answer = await sync({ ...WORLD, spec: { service: 'web' }, children });
  assert.equal(answer.children.length, children.length);
  const [ready] = answer.status.conditions as { reason: string; message: string }[];
  assert.equal(ready?.reason, 'InvalidSpec');
  assert.match(ready?.message ?? '', /^spec\./);
  assert.deepEqual([cluster.calls, asks], [[], []]);
});

test('a bug in what is gathered is not taken for a reading', async () => {
  const { answers, cluster, clock } = setup();
  cluster.before(() => {
    throw new TypeError('a bug');
  });
  const world: World = { ...WORLD, pods: [], status: { phase: 'Serving', phaseSince: ago(900) } };
  await assert.rejects(clock.run(answers.sync(requestOf(world), 0)), TypeError);
});

test('of a thousand that fail open at once ten are raised now, and the others with a later poll', async () => {
  const { answers, clock, cluster } = setup({ replicas: 0 });
  const gone = { ...ASLEEP, resolverGoneSince: ago(60) };
  const children = await redirected();
  const answersOf = Array.from({ length: 30 }, () => {
    const world: World = { ...WORLD, pods: [], replicas: 0, resolvers: [], children, status: gone };
    return answers.sync(requestOf(world), clock.monotonicMs());
  });
  const all = await clock.run(Promise.all(answersOf));
  const later = all.filter((answer) => answer.resyncAfterSeconds === SETTINGS.pollSeconds);
  assert.equal(later.length, 20);
  assert.equal(cluster.calls.filter((call) => call.name === 'listSlices').length, 1);
});

test('errors of the API server are readings, whatever their code', async () => {
  for (const code of ['TIMEOUT', 'FORBIDDEN', 'SERVER_ERROR'] as const) {
    const { sync, cluster } = setup({ replicas: 0 });
    cluster.before(() => {
      throw new KubeApiError(code, 'cannot read');
    });
    const answer = await sync({ ...WORLD, pods: [], status: ASLEEP });
    assert.equal(answer.status.phase, 'Asleep');
  }
});

test('a sync that is repeated on a stale parent tells of its transition once', async () => {
  const { sync, cluster, clock } = setup();
  const world: World = { ...WORLD, pods: [], status: { phase: 'Serving', phaseSince: ago(900) } };
  await sync(world);
  await clock.advance(1000);
  await sync({ ...world, now: new Date(world.now.getTime() + 1000) });
  assert.deepEqual(
    cluster.events.map((event) => event.reason),
    ['Holding'],
  );
});

test('an expression in a rule for probes that the resolver refuses is told once, and judged once', async () => {
  const { sync, cluster, judgedTimes } = setup();
  const path = { type: 'RegularExpression', value: '/health(' };
  const spec = { ...WORLD.spec, probeResponse: [{ path, response: { status: 200, body: '' } }] };
  const world: World = { ...WORLD, spec, status: { phase: 'Serving', phaseSince: ago(900) } };
  const { status } = await sync(world);
  const conditions = status.conditions as { type: string; status: string; reason: string }[];
  const condition = conditions.find(({ type }) => type === 'ProbeResponse');
  assert.deepEqual([condition?.status, condition?.reason], ['False', 'ProbeResponseInvalid']);
  await sync({ ...world, status });
  assert.equal(judgedTimes(), 1);
  assert.deepEqual(
    cluster.events.map(({ type, reason }) => [type, reason]),
    [['Warning', 'ProbeResponseInvalid']],
  );
});
