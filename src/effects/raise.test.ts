import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAUSED_ANNOTATION, PAUSED_BY_ANNOTATION, PAUSED_REPLICAS_ANNOTATION } from '../api/keda.ts';
import type { KubeCode } from '../errors.ts';
import { createDeadline } from './deadline.ts';
import { type RaiseRequest, raise, type ScaleWrite } from './raise.ts';
import { createModelCluster, keyOf, keyOfTarget, refusal } from './testing/model-cluster.ts';
import { annotationsOf, KEDA, openShop, replicasOf, SCALED_OBJECT, setReplicas, TARGET } from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

function setup({ replicas = 0, annotations }: { replicas?: number; annotations?: Record<string, string> } = {}) {
  const clock = createVirtualClock();
  const cluster = createModelCluster({ clock });
  openShop(cluster, { replicas });
  if (annotations) cluster.scaledObjects.set(keyOf(SCALED_OBJECT), { annotations, minReplicaCount: 1 });
  const writes: ScaleWrite[] = [];
  return {
    clock,
    cluster,
    writes,
    raise: (request: Partial<RaiseRequest> = {}) => {
      const deadline = createDeadline(clock, { atMs: clock.monotonicMs() + 5000, callTimeoutMs: 2000 });
      const deps = { cluster, onScaled: (write: ScaleWrite) => writes.push(write) };
      return clock.run(raise({ target: TARGET, replicas: 2, autoscaler: undefined, ...request }, deps, deadline));
    },
    failing: (name: string, code: KubeCode) =>
      cluster.before((call) => {
        if (call.name === name) throw refusal(code, call.name, call.subject);
      }),
    callsOf: (name: string) => cluster.calls.filter((call) => call.name === name).length,
  };
}

const OUR_PAUSE = { [PAUSED_ANNOTATION]: 'true', [PAUSED_BY_ANNOTATION]: 'any-uid' };

test('a target at 0 is raised to the wanted replicas', async () => {
  const { cluster, raise, writes } = setup();
  assert.deepEqual(await raise(), { kind: 'done' });
  assert.equal(replicasOf(cluster), 2);
  assert.deepEqual(writes, [{ target: TARGET, replicas: 2, code: 'success' }]);
});

test('what is above 0 is left to HPA, KEDA and people', async () => {
  const { cluster, raise, writes, callsOf } = setup({ replicas: 1 });
  assert.deepEqual(await raise({ replicas: 5 }), { kind: 'done' });
  assert.equal(replicasOf(cluster), 1);
  assert.equal(callsOf('writeScale'), 0);
  assert.deepEqual(writes, []);
});

test('minTargetReplicas 0 wakes to 1 (pitfall 3)', async () => {
  const { cluster, raise } = setup();
  assert.deepEqual(await raise({ replicas: 0 }), { kind: 'done' });
  assert.equal(replicasOf(cluster), 1);
});

test('status.replicas is not looked at: pods that still terminate do not pass for a raise (pitfall 4)', async () => {
  const { cluster, raise } = setup();
  cluster.targets.set(keyOfTarget(TARGET), { replicas: 0, statusReplicas: 3 });
  await raise();
  assert.equal(replicasOf(cluster), 2);
});

test('a conflict is read again and retried', async () => {
  const { cluster, raise, writes } = setup();
  const stop = cluster.before((call) => {
    if (call.name !== 'writeScale') return;
    setReplicas(cluster, 0);
    stop();
  });
  assert.deepEqual(await raise(), { kind: 'done' });
  assert.equal(replicasOf(cluster), 2);
  assert.deepEqual(
    writes.map(({ code }) => code),
    ['CONFLICT', 'success'],
  );
});

test('a raise by somebody else in between is not overwritten', async () => {
  const { cluster, raise } = setup();
  cluster.before((call) => {
    if (call.name === 'writeScale') setReplicas(cluster, 7);
  });
  assert.deepEqual(await raise(), { kind: 'done' });
  assert.equal(replicasOf(cluster), 7);
});

test('conflicts without end end as a failure', async () => {
  const { cluster, raise, callsOf } = setup();
  cluster.before((call) => {
    if (call.name === 'writeScale') setReplicas(cluster, 0);
  });
  const outcome = await raise();
  assert.equal(outcome.kind === 'failed' && outcome.reason, 'ScaleFailed');
  assert.equal(callsOf('writeScale'), 5);
});

test('a target that is not there is refused, also when it goes between read and write', async () => {
  const { cluster, raise } = setup();
  const stop = cluster.before((call) => {
    if (call.name === 'writeScale') cluster.targets.delete(keyOfTarget(TARGET));
  });
  const going = await raise();
  assert.equal(going.kind === 'refused' && going.reason, 'TargetMissing');
  stop();
  const gone = await raise();
  assert.equal(gone.kind === 'refused' && gone.reason, 'TargetMissing');
});

test('an API error is a failure with its code', async () => {
  const { failing, raise } = setup();
  failing('readScale', 'FORBIDDEN');
  const outcome = await raise();
  assert.equal(outcome.kind === 'failed' && outcome.reason, 'ScaleFailed');
  assert.match(outcome.kind === 'failed' ? outcome.message : '', /FORBIDDEN/);
});

test('our pause goes away with its mark, whichever ElastiService set it', async () => {
  const { cluster, raise } = setup({ annotations: { ...OUR_PAUSE, keep: 'me' } });
  assert.deepEqual(await raise({ autoscaler: KEDA }), { kind: 'done' });
  assert.deepEqual(annotationsOf(cluster), { keep: 'me' });
});

test('a pause of ours goes away also where nothing is to raise', async () => {
  const { cluster, raise } = setup({ replicas: 3, annotations: OUR_PAUSE });
  assert.deepEqual(await raise({ autoscaler: KEDA }), { kind: 'done' });
  assert.deepEqual(annotationsOf(cluster), {});
});

test('a pause by a person stays, and the target is raised all the same (pitfall 33)', async () => {
  const annotations = { [PAUSED_ANNOTATION]: 'true' };
  const { cluster, raise } = setup({ annotations });
  assert.deepEqual(await raise({ autoscaler: KEDA }), { kind: 'done' });
  assert.deepEqual(annotationsOf(cluster), annotations);
  assert.equal(replicasOf(cluster), 2);
});

test('a person who holds KEDA at 3 replicas keeps that hold when our mark goes', async () => {
  const { cluster, raise } = setup({ annotations: { ...OUR_PAUSE, [PAUSED_REPLICAS_ANNOTATION]: '3' } });
  await raise({ autoscaler: KEDA });
  assert.deepEqual(annotationsOf(cluster), { [PAUSED_REPLICAS_ANNOTATION]: '3' });
});

test('the hold at 0 that KubeElasti left goes away', async () => {
  const { cluster, raise } = setup({
    annotations: { [PAUSED_ANNOTATION]: 'true', [PAUSED_REPLICAS_ANNOTATION]: '0' },
  });
  assert.deepEqual(await raise({ autoscaler: KEDA }), { kind: 'done' });
  assert.deepEqual(annotationsOf(cluster), {});
});

test('KEDA putting the target back to 0 under a hold that we are just taking away is raised again', async () => {
  const { clock, cluster, raise, writes } = setup({ annotations: { [PAUSED_REPLICAS_ANNOTATION]: '0' } });
  cluster.before(async (call) => {
    if (call.name !== 'annotateScaledObject') return;
    await clock.sleep(10);
    setReplicas(cluster, 0);
  });
  assert.deepEqual(await raise({ autoscaler: KEDA }), { kind: 'done' });
  assert.equal(replicasOf(cluster), 2);
  assert.equal(writes.length, 2);
});

test('a conflict on the ScaledObject is read again and retried', async () => {
  const { cluster, raise } = setup({ annotations: OUR_PAUSE });
  const stop = cluster.before((call) => {
    if (call.name !== 'annotateScaledObject') return;
    cluster.scaledObjects.set(keyOf(SCALED_OBJECT), { annotations: { ...OUR_PAUSE, new: 'one' }, minReplicaCount: 1 });
    stop();
  });
  assert.deepEqual(await raise({ autoscaler: KEDA }), { kind: 'done' });
  assert.deepEqual(annotationsOf(cluster), { new: 'one' });
});

test('a broken KEDA is reported and does not keep the target down', async () => {
  const { cluster, failing, raise } = setup({ annotations: OUR_PAUSE });
  failing('annotateScaledObject', 'SERVER_ERROR');
  const outcome = await raise({ autoscaler: KEDA });
  assert.equal(outcome.kind === 'failed' && outcome.reason, 'AutoscalerFailed');
  assert.equal(replicasOf(cluster), 2);
});

test('a KEDA that hangs does not hold up the raise', async () => {
  const { clock, cluster, raise } = setup({ annotations: OUR_PAUSE });
  let raisedAtMs: number | undefined;
  cluster.before(async (call) => {
    if (call.name === 'readScaledObject') await clock.sleep(60_000);
  });
  cluster.after((call) => {
    if (call.name === 'writeScale') raisedAtMs = clock.monotonicMs();
  });
  const outcome = await raise({ autoscaler: KEDA });
  assert.equal(raisedAtMs, 0);
  assert.equal(outcome.kind === 'failed' && outcome.reason, 'AutoscalerFailed');
});

test('a missing ScaledObject does not keep the target down, and an HPA is not touched (pitfall 35)', async () => {
  const { cluster, raise, callsOf } = setup();
  cluster.scaledObjects.delete(keyOf(SCALED_OBJECT));
  assert.deepEqual(await raise({ autoscaler: KEDA }), { kind: 'done' });
  assert.equal(replicasOf(cluster), 2);
  assert.deepEqual(await raise({ autoscaler: { type: 'hpa', name: 'web' } }), { kind: 'done' });
  assert.equal(callsOf('readScaledObject'), 1);
});
