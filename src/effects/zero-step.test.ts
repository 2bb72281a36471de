import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAUSED_ANNOTATION, PAUSED_BY_ANNOTATION, PAUSED_REPLICAS_ANNOTATION } from '../api/keda.ts';
import type { Outcome } from '../core/types.ts';
import type { KubeCode } from '../errors.ts';
import type { Cluster } from './ports.ts';
import type { ScaleWrite } from './raise.ts';
import { createModelCluster, type Hook, keyOf, keyOfTarget, refusal } from './testing/model-cluster.ts';
import {
  annotationsOf,
  KEDA,
  makeParent,
  makeSharer,
  makeSleepPatch,
  makeSlices,
  observedSlice,
  openShop,
  replicasOf,
  SCALED_OBJECT,
  SETTINGS,
  SHOP,
  setReplicas,
  setToken,
  silentLog,
  TARGET,
  UID,
  WEB,
} from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';
import { type SleepPatch, zeroStep } from './zero-step.ts';

function setup({ annotations }: { annotations?: Record<string, string> } = {}) {
  const clock = createVirtualClock();
  const cluster = createModelCluster({ clock });
  openShop(cluster);
  if (annotations) cluster.scaledObjects.set(keyOf(SCALED_OBJECT), { annotations, minReplicaCount: 1 });
  const writes: ScaleWrite[] = [];
  const on = (when: 'before' | 'after', name: keyof Cluster, hook: Hook) =>
    cluster[when]((call) => (call.name === name ? hook(call) : undefined));
  return {
    clock,
    cluster,
    writes,
    before: (name: keyof Cluster, hook: Hook) => on('before', name, hook),
    after: (name: keyof Cluster, hook: Hook) => on('after', name, hook),
    failing: (name: keyof Cluster, code: KubeCode) =>
      on('before', name, (call) => {
        throw refusal(code, call.name, call.subject);
      }),
    callsOf: (name: keyof Cluster) => cluster.calls.filter((call) => call.name === name).length,
    putSlice: (change: object) => {
      const [slice] = makeSlices();
      if (slice) cluster.slices.set(`${SHOP}/${slice.metadata.name}`, observedSlice(slice, change));
    },
    zero: (patch: Partial<SleepPatch> = {}, { observedAtMs = clock.monotonicMs() } = {}) => {
      const deps = { cluster, clock, log: silentLog, onScaled: (write: ScaleWrite) => writes.push(write) };
      return clock.run(zeroStep(makeSleepPatch(patch), deps, { ...SETTINGS, observedAtMs }));
    },
  };
}

const reasonOf = (outcome: Outcome) => (outcome.kind === 'done' ? 'done' : `${outcome.kind} ${outcome.reason}`);
const withKeda = { autoscaler: KEDA };

test('a redirected, idle target goes to 0', async () => {
  const { cluster, zero, writes } = setup();
  assert.deepEqual(await zero(), { kind: 'done' });
  assert.equal(replicasOf(cluster), 0);
  assert.deepEqual(writes, [{ target: TARGET, replicas: 0, code: 'success' }]);
});

test('the target version is read before the guard and insisted on (pitfall 1)', async () => {
  const { cluster, zero } = setup();
  await zero();
  const names = cluster.calls.map(({ name }) => name);
  assert.equal(names[0], 'readScale');
  assert.ok(names.indexOf('writeScale') > names.indexOf('listSlices'));
  assert.ok(names.lastIndexOf('listSlices') > names.indexOf('writeScale'));
  assert.ok(names.lastIndexOf('readElastiService') > names.indexOf('writeScale'));
});

test('a target at 0 already is done, and nothing is written', async () => {
  const { cluster, callsOf, zero } = setup();
  setReplicas(cluster, 0);
  assert.equal(reasonOf(await zero(withKeda)), 'done');
  assert.equal(callsOf('writeScale') + callsOf('annotateScaledObject'), 0);
});

test('a missing target is refused', async () => {
  const { cluster, zero } = setup();
  cluster.targets.delete(keyOfTarget(TARGET));
  assert.equal(reasonOf(await zero()), 'refused TargetMissing');
});

for (const [what, change, reason] of [
  ['was deleted', undefined, 'ElastiServiceGone'],
  ['was re-created', makeParent({ metadata: { uid: 'another' } }), 'ElastiServiceGone'],
  ['is being deleted', makeParent({ metadata: { deletionTimestamp: '2026-03-01T12:00:00Z' } }), 'ElastiServiceGone'],
  ['was edited', makeParent({ metadata: { generation: 2 } }), 'ElastiServiceChanged'],
  ['was woken', makeParent({ token: 'new' }), 'WakePending'],
] as const) {
  const apply = (cluster: ReturnType<typeof setup>['cluster']) =>
    change ? cluster.elastiServices.set(keyOf(WEB), change) : cluster.elastiServices.delete(keyOf(WEB));

  test(`an ElastiService that ${what} since the observation keeps its replicas`, async () => {
    const { cluster, callsOf, zero } = setup();
    apply(cluster);
    assert.equal(reasonOf(await zero()), `refused ${reason}`);
    assert.equal(callsOf('writeScale'), 0);
  });

  test(`an ElastiService that ${what} between the zero write and the second look is raised back`, async () => {
    const { after, cluster, zero } = setup();
    const stop = after('writeScale', () => {
      apply(cluster);
      stop();
    });
    assert.equal(reasonOf(await zero(withKeda)), `refused ${reason}`);
    assert.equal(replicasOf(cluster), 3);
    assert.deepEqual(annotationsOf(cluster), {});
  });
}

test('an unchanged wake token that was there before is no wake', async () => {
  const { cluster, zero } = setup();
  setToken(cluster, 'old');
  const guard = { ...makeSleepPatch().guard, wakeToken: 'old' };
  assert.equal(reasonOf(await zero({ guard })), 'done');
});

for (const [what, change] of [
  ['lost an endpoint', { endpoints: makeSlices(['10.0.0.1'])[0]?.endpoints }],
  ['lists another address', { endpoints: makeSlices(['10.0.0.1', '10.0.0.9'])[0]?.endpoints }],
  ['lists an endpoint that is not ready', { endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: false } }] }],
  ['lost its ports', { ports: [] }],
  ['points at another port', { ports: [{ name: 'http', port: 1, protocol: 'TCP' }] }],
  ['is of another family', { addressType: 'IPv6' }],
] as const) {
  test(`a slice to the resolver that ${what} keeps the replicas (pitfall 1)`, async () => {
    const { cluster, putSlice, zero } = setup();
    putSlice(change);
    assert.equal(reasonOf(await zero()), 'refused SlicesIncomplete');
    assert.equal(replicasOf(cluster), 3);
  });
}

test('the order of endpoints in a slice does not matter', async () => {
  const { putSlice, zero } = setup();
  putSlice({
    endpoints: makeSlices()
      .flatMap((slice) => slice.endpoints as unknown[])
      .reverse(),
  });
  assert.equal(reasonOf(await zero()), 'done');
});

test('a guard that names no slice is refused: nobody would hold the requests (pitfall 13)', async () => {
  const { zero } = setup();
  assert.equal(reasonOf(await zero({ guard: { ...makeSleepPatch().guard, slices: [] } })), 'refused SlicesIncomplete');
});

test('a guard whose slice lists no resolver is refused, even where the cluster agrees (pitfall 13)', async () => {
  const { putSlice, zero } = setup();
  putSlice({ endpoints: [] });
  const slices = makeSlices().map((slice) => ({ ...slice, endpoints: [] }));
  assert.equal(reasonOf(await zero({ guard: { ...makeSleepPatch().guard, slices } })), 'refused SlicesIncomplete');
});

test('a slice that goes between the zero write and the second look raises back', async () => {
  const { after, cluster, putSlice, zero } = setup();
  const stop = after('writeScale', () => {
    putSlice({ endpoints: [] });
    stop();
  });
  assert.equal(reasonOf(await zero()), 'refused SlicesIncomplete');
  assert.equal(replicasOf(cluster), 3);
});

test('a sharer that is in use keeps the target up, one that sleeps does not', async () => {
  const { cluster, zero } = setup();
  cluster.elastiServices.set('shop/api', makeSharer());
  assert.equal(reasonOf(await zero()), 'refused TargetShared');
  cluster.elastiServices.set('shop/api', makeSharer({ status: { phase: 'Asleep' } }));
  assert.equal(reasonOf(await zero()), 'done');
});

test('a sharer in another namespace has another target', async () => {
  const { cluster, zero } = setup();
  cluster.elastiServices.set('other/api', makeSharer({ metadata: { namespace: 'other' } }));
  assert.equal(reasonOf(await zero()), 'done');
});

test('a sharer that is woken between the zero write and the second look raises back', async () => {
  const { after, cluster, zero } = setup();
  cluster.elastiServices.set('shop/api', makeSharer({ status: { phase: 'Asleep' } }));
  const stop = after('writeScale', () => {
    cluster.elastiServices.set('shop/api', makeSharer({ status: { phase: 'Asleep' }, token: 'new' }));
    stop();
  });
  assert.equal(reasonOf(await zero()), 'refused TargetShared');
  assert.equal(replicasOf(cluster), 3);
});

test('KEDA is paused with our mark and without paused-replicas before replicas go to 0', async () => {
  const { before, cluster, zero } = setup();
  let atZeroWrite: unknown;
  before('writeScale', () => {
    atZeroWrite = annotationsOf(cluster);
  });
  assert.equal(reasonOf(await zero(withKeda)), 'done');
  assert.deepEqual(atZeroWrite, { [PAUSED_ANNOTATION]: 'true', [PAUSED_BY_ANNOTATION]: UID });
});

test('a hold at 0 that KubeElasti left is taken over, not kept', async () => {
  const { cluster, zero } = setup({ annotations: { [PAUSED_REPLICAS_ANNOTATION]: '0' } });
  assert.equal(reasonOf(await zero(withKeda)), 'done');
  assert.deepEqual(annotationsOf(cluster), { [PAUSED_ANNOTATION]: 'true', [PAUSED_BY_ANNOTATION]: UID });
});

test('an HPA is not touched (pitfall 35)', async () => {
  const { callsOf, zero } = setup();
  assert.equal(reasonOf(await zero({ autoscaler: { type: 'hpa', name: 'web' } })), 'done');
  assert.equal(callsOf('readScaledObject'), 0);
});

for (const [what, annotations] of [
  ['paused', { [PAUSED_ANNOTATION]: 'true' }],
  ['paused with a word that KEDA takes for true', { [PAUSED_ANNOTATION]: 'maintenance' }],
  ['held at 3 replicas', { [PAUSED_REPLICAS_ANNOTATION]: '3' }],
] as const) {
  test(`KEDA ${what} by a person is left alone and the target stays up (pitfall 33)`, async () => {
    const { cluster, zero } = setup({ annotations });
    assert.equal(reasonOf(await zero(withKeda)), 'refused KedaPausedByOther');
    assert.deepEqual(annotationsOf(cluster), annotations);
    assert.equal(replicasOf(cluster), 3);
  });
}

test('an explicit unpause by a person is no pause', async () => {
  const { zero } = setup({ annotations: { [PAUSED_ANNOTATION]: 'false' } });
  assert.equal(reasonOf(await zero(withKeda)), 'done');
});

test('a ScaledObject that is missing or scales to zero itself keeps the target up', async () => {
  const { cluster, zero } = setup();
  cluster.scaledObjects.set(keyOf(SCALED_OBJECT), { annotations: {}, minReplicaCount: 0 });
  assert.equal(reasonOf(await zero(withKeda)), 'refused KedaScalesToZero');
  cluster.scaledObjects.delete(keyOf(SCALED_OBJECT));
  assert.equal(reasonOf(await zero(withKeda)), 'refused AutoscalerMissing');
  assert.equal(replicasOf(cluster), 3);
});

test('a person who pauses KEDA between our read and our pause wins', async () => {
  const { before, cluster, zero } = setup();
  const annotations = { [PAUSED_ANNOTATION]: 'true' };
  before('annotateScaledObject', () => {
    cluster.scaledObjects.set(keyOf(SCALED_OBJECT), { annotations, minReplicaCount: 1 });
  });
  assert.equal(reasonOf(await zero(withKeda)), 'refused KedaPausedByOther');
  assert.deepEqual(annotationsOf(cluster), annotations);
});

test('a conflict on /scale refuses and unpauses', async () => {
  const { before, cluster, writes, zero } = setup();
  before('writeScale', () => setReplicas(cluster, 4));
  assert.equal(reasonOf(await zero(withKeda)), 'refused TargetChanged');
  assert.equal(replicasOf(cluster), 4);
  assert.deepEqual(annotationsOf(cluster), {});
  assert.equal(writes[0]?.code, 'CONFLICT');
});

test('a refused zero write unpauses and says so', async () => {
  const { cluster, failing, zero } = setup();
  failing('writeScale', 'FORBIDDEN');
  assert.equal(reasonOf(await zero(withKeda)), 'failed ScaleFailed');
  assert.deepEqual(annotationsOf(cluster), {});
});

test('backing out leaves the pause of a sharer that sleeps', async () => {
  const annotations = { [PAUSED_ANNOTATION]: 'true', [PAUSED_BY_ANNOTATION]: 'uid-api' };
  const { cluster, failing, zero } = setup({ annotations });
  failing('writeScale', 'FORBIDDEN');
  await zero(withKeda);
  assert.deepEqual(annotationsOf(cluster), annotations);
});

test('backing out leaves a pause that a sharer set after ours was taken away', async () => {
  const annotations = { [PAUSED_ANNOTATION]: 'true', [PAUSED_BY_ANNOTATION]: 'uid-api' };
  const { before, cluster, zero } = setup();
  before('writeScale', (call) => {
    cluster.scaledObjects.set(keyOf(SCALED_OBJECT), { annotations, minReplicaCount: 1 });
    throw refusal('FORBIDDEN', call.name, call.subject);
  });
  await zero(withKeda);
  assert.deepEqual(annotationsOf(cluster), annotations);
});

test('a pause whose answer was lost is taken back', async () => {
  const { after, cluster, zero } = setup();
  const stop = after('annotateScaledObject', (call) => {
    stop();
    throw refusal('TIMEOUT', call.name, call.subject);
  });
  assert.equal(reasonOf(await zero(withKeda)), 'failed AutoscalerFailed');
  assert.deepEqual(annotationsOf(cluster), {});
});

test('unpausing is tried again while the API server fails', async () => {
  const { before, cluster, failing, zero } = setup();
  failing('writeScale', 'FORBIDDEN');
  let isFirst = true;
  before('annotateScaledObject', (call) => {
    if (replicasOf(cluster) !== 3 || annotationsOf(cluster)?.[PAUSED_BY_ANNOTATION] === undefined) return;
    if (!isFirst) return;
    isFirst = false;
    throw refusal('UNAVAILABLE', call.name, call.subject);
  });
  await zero(withKeda);
  assert.equal(isFirst, false);
  assert.deepEqual(annotationsOf(cluster), {});
});

test('a late zero write after the deadline is not started, just inside it is', async () => {
  for (const [slowMs, expected] of [
    [4999, 'done'],
    [5000, 'refused DeadlinePassed'],
  ] as const) {
    const { before, callsOf, clock, cluster, zero } = setup();
    const stop = before('readScaledObject', async () => {
      stop();
      await clock.sleep(1000);
    });
    assert.equal(reasonOf(await zero(withKeda, { observedAtMs: 1000 - slowMs })), expected);
    assert.equal(callsOf('writeScale') > 0, expected === 'done');
    if (expected !== 'done') assert.deepEqual(annotationsOf(cluster), {});
  }
});

test('a pause that takes until the deadline is taken back, and no zero is written', async () => {
  const { before, callsOf, clock, cluster, zero } = setup();
  const stop = before('annotateScaledObject', async () => {
    stop();
    await clock.sleep(1000);
  });
  assert.equal(reasonOf(await zero(withKeda, { observedAtMs: -4000 })), 'refused DeadlinePassed');
  assert.equal(callsOf('writeScale'), 0);
  assert.deepEqual(annotationsOf(cluster), {});
});

test('a step that comes too late starts nothing', async () => {
  const { clock, cluster, zero } = setup();
  await clock.advance(5000);
  assert.equal(reasonOf(await zero({}, { observedAtMs: 0 })), 'refused DeadlinePassed');
  assert.deepEqual(cluster.calls, []);
});

test('a request is given up when the deadline passes', async () => {
  const { before, clock, zero } = setup();
  before('readScale', () => clock.sleep(60_000));
  await clock.advance(4000);
  assert.equal(reasonOf(await zero({}, { observedAtMs: 0 })), 'failed ScaleFailed');
  assert.equal(clock.monotonicMs(), 5000);
});

test('a check that cannot be read fails and writes nothing', async () => {
  for (const name of ['listElastiServices', 'listSlices'] as const) {
    const { callsOf, failing, zero } = setup();
    failing(name, 'SERVER_ERROR');
    assert.equal(reasonOf(await zero()), 'failed CheckFailed');
    assert.equal(callsOf('writeScale'), 0);
  }
});

test('a second look that fails is tried again, and sees the wake', async () => {
  const { after, before, cluster, zero } = setup();
  let failures = 3;
  before('readElastiService', (call) => {
    failures -= 1;
    if (failures >= 0) throw refusal('UNAVAILABLE', call.name, call.subject);
  });
  const stop = after('writeScale', () => {
    setToken(cluster, 'new');
    stop();
  });
  assert.equal(reasonOf(await zero()), 'refused WakePending');
  assert.equal(replicasOf(cluster), 3);
});

test('a second look that fails to the end leaves the wake to sync, within twice the deadline', async () => {
  const { clock, cluster, failing, zero } = setup();
  failing('readElastiService', 'UNAVAILABLE');
  assert.equal(reasonOf(await zero()), 'done');
  assert.equal(replicasOf(cluster), 0);
  assert.ok(clock.monotonicMs() >= 10_000 && clock.monotonicMs() < 10_200);
});

test('raising back retries conflicts and a failing API', async () => {
  const { after, before, cluster, zero } = setup();
  after('writeScale', () => {
    if (replicasOf(cluster) === 0) setToken(cluster, 'new');
  });
  let writes = 0;
  before('writeScale', (call) => {
    writes += 1;
    if (writes === 2) setReplicas(cluster, 0);
    if (writes === 3) throw refusal('SERVER_ERROR', call.name, call.subject);
  });
  assert.equal(reasonOf(await zero()), 'refused WakePending');
  assert.equal(replicasOf(cluster), 3);
  assert.equal(writes, 4);
});

test('raising back leaves a target alone that somebody else raised already', async () => {
  const { after, cluster, zero } = setup();
  const stop = after('writeScale', () => {
    setToken(cluster, 'new');
    setReplicas(cluster, 9);
    stop();
  });
  assert.equal(reasonOf(await zero()), 'refused WakePending');
  assert.equal(replicasOf(cluster), 9);
});

for (const code of ['TIMEOUT', 'UNAVAILABLE', 'SERVER_ERROR'] as const) {
  test(`a zero write that ended with ${code} but was carried out is done`, async () => {
    const { after, cluster, zero } = setup();
    after('writeScale', (call) => {
      throw refusal(code, call.name, call.subject);
    });
    assert.equal(reasonOf(await zero(withKeda)), 'done');
    assert.equal(replicasOf(cluster), 0);
    assert.equal(annotationsOf(cluster)?.[PAUSED_BY_ANNOTATION], UID);
  });

  test(`a zero write that ended with ${code} and was not carried out fails and unpauses`, async () => {
    const { cluster, failing, zero } = setup();
    failing('writeScale', code);
    assert.equal(reasonOf(await zero(withKeda)), 'failed ScaleFailed');
    assert.equal(replicasOf(cluster), 3);
    assert.deepEqual(annotationsOf(cluster), {});
  });
}

test('a wake beside a zero write whose answer was lost raises back', async () => {
  const { after, cluster, zero } = setup();
  const stop = after('writeScale', (call) => {
    stop();
    setToken(cluster, 'new');
    throw refusal('TIMEOUT', call.name, call.subject);
  });
  assert.equal(reasonOf(await zero()), 'refused WakePending');
  assert.equal(replicasOf(cluster), 3);
});

test('a bug is no outcome', async () => {
  const { before, zero } = setup();
  before('readScale', () => {
    throw new TypeError('bug');
  });
  await assert.rejects(zero(), TypeError);
});
