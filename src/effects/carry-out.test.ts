import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseElastiService } from '../core/observe.ts';
import type { Outcome, ScalePatch } from '../core/types.ts';
import { createCarryOut } from './carry-out.ts';
import { createModelCluster } from './testing/model-cluster.ts';
import {
  KEDA,
  makeParent,
  makeSleepPatch,
  openShop,
  replicasOf,
  SETTINGS,
  SHOP,
  setReplicas,
  silentLog,
  TARGET,
} from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

type WakePatch = Extract<ScalePatch, { kind: 'wake' }>;

function setup() {
  const clock = createVirtualClock();
  const cluster = createModelCluster({ clock });
  openShop(cluster);
  const scaled: object[] = [];
  const zeroSteps: Outcome[] = [];
  const carryOut = createCarryOut({
    cluster,
    clock,
    log: silentLog,
    settings: SETTINGS,
    onScaled: ({ namespace, service, target, replicas, code }) =>
      scaled.push({ namespace, service, target: target.name, replicas, code }),
    onZeroStep: (outcome) => zeroSteps.push(outcome),
  });
  const elastiService = parseElastiService(makeParent());
  if ('invalid' in elastiService) throw new Error(elastiService.invalid);
  const carryOutAt = (observedAtMs: number, ...patches: readonly ScalePatch[]) =>
    clock.run(carryOut(patches, { observedAtMs, elastiService }));
  return {
    clock,
    cluster,
    scaled,
    zeroSteps,
    carryOutAt,
    carryOut: (...patches: readonly ScalePatch[]) => carryOutAt(clock.monotonicMs(), ...patches),
  };
}

const wakePatch = (overrides: Partial<WakePatch> = {}): WakePatch => ({
  kind: 'wake',
  target: TARGET,
  replicas: 2,
  autoscaler: undefined,
  cause: 'Wake',
  isRateLimited: false,
  ...overrides,
});

test('patches are carried out in order, one outcome each', async () => {
  const { carryOut, cluster, scaled, zeroSteps } = setup();
  const missing = { ...TARGET, name: 'gone' };
  const outcomes = await carryOut(makeSleepPatch(), wakePatch({ target: missing }), wakePatch());
  assert.deepEqual(
    outcomes.map((outcome) => (outcome.kind === 'refused' ? outcome.reason : outcome.kind)),
    ['done', 'TargetMissing', 'done'],
  );
  assert.equal(replicasOf(cluster), 2);
  assert.deepEqual(zeroSteps, [{ kind: 'done' }]);
  assert.deepEqual(scaled, [
    { namespace: SHOP, service: 'web', target: 'web', replicas: 0, code: 'success' },
    { namespace: SHOP, service: 'web', target: 'web', replicas: 2, code: 'success' },
  ]);
});

test('nothing to do does nothing', async () => {
  const { carryOut, cluster } = setup();
  assert.deepEqual(await carryOut(), []);
  assert.deepEqual(cluster.calls, []);
});

test('a fleet that wants to rise at once rises at 10 a second; the rest is refused at once', async () => {
  const { carryOut, clock, cluster } = setup();
  const fleet = Array.from({ length: 12 }, () => wakePatch({ isRateLimited: true, cause: 'ResolverGone' }));
  const reasons = async (patches: readonly ScalePatch[]) =>
    (await carryOut(...patches)).map((outcome) => (outcome.kind === 'refused' ? outcome.reason : outcome.kind));
  assert.deepEqual(await reasons(fleet), [...Array(10).fill('done'), 'RateLimited', 'RateLimited']);
  assert.equal(cluster.calls.length, 10);
  await clock.advance(99);
  assert.deepEqual(await reasons(fleet.slice(0, 1)), ['RateLimited']);
  await clock.advance(1);
  assert.deepEqual(await reasons(fleet.slice(0, 2)), ['done', 'RateLimited']);
});

test('a wake is never rate-limited', async () => {
  const { carryOut } = setup();
  const outcomes = await carryOut(...Array.from({ length: 30 }, () => wakePatch()));
  assert.ok(outcomes.every(({ kind }) => kind === 'done'));
});

test('a raise gives up within 2 s when the API is slow and conflicts, so that the hook can answer', async () => {
  const { carryOut, clock, cluster } = setup();
  setReplicas(cluster, 0);
  cluster.before(async (call) => {
    await clock.sleep(900);
    if (call.name === 'writeScale') setReplicas(cluster, 0);
  });
  const [outcome] = await carryOut(wakePatch({ autoscaler: KEDA }));
  assert.equal(outcome?.kind, 'failed');
  assert.ok(clock.monotonicMs() < 2000);
});

test('a zero step counts its deadline from when the request arrived', async () => {
  const { clock, cluster, carryOutAt, zeroSteps } = setup();
  await clock.advance(5000);
  const [outcome] = await carryOutAt(0, makeSleepPatch());
  assert.equal(outcome?.kind === 'refused' && outcome.reason, 'DeadlinePassed');
  assert.equal(replicasOf(cluster), 3);
  assert.equal(zeroSteps.length, 1);
});
