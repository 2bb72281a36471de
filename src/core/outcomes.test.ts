import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withOutcomes } from './outcomes.ts';
import { applied, observationOf, syncOf, WORLD, type World } from './testing/world.ts';
import type { Outcome } from './types.ts';

const WOKEN: World = {
  ...WORLD,
  replicas: 0,
  pods: [],
  wakeToken: 'new',
  status: { phase: 'Asleep', phaseSince: '2026-03-01T10:00:00.000Z', servedWake: 'old', sleptBy: 'elasti' },
};
const FORBIDDEN: Outcome = { kind: 'failed', reason: 'ScaleFailed', message: 'cannot patch scale (FORBIDDEN)' };

const answered = (world: World, outcome: Outcome) => {
  const observation = observationOf(world);
  const result = syncOf(observation);
  const carriedOut = result.scalePatches.map((patch) => ({ patch, outcome }));
  return { result, status: withOutcomes(result.status, carriedOut, { facts: observation.facts, now: world.now }) };
};
const conditionOf = (status: ReturnType<typeof withOutcomes>, type: string) =>
  status.conditions?.find((c) => c.type === type);
const later = (world: World, seconds: number): World => ({
  ...world,
  now: new Date(world.now.getTime() + seconds * 1000),
});

test('a wake that fails is told by Ready, with the reason', () => {
  const ready = conditionOf(answered(WOKEN, FORBIDDEN).status, 'Ready');
  assert.equal(ready?.status, 'False');
  assert.equal(ready?.reason, 'ScaleFailed');
});

test('a wake that keeps failing writes no status again, and is tried ever more seldom', () => {
  const first = answered(WOKEN, FORBIDDEN);
  const world = applied(WOKEN, { ...first.result, status: first.status });
  const second = answered(later(world, 2), FORBIDDEN);
  const third = answered(later(applied(world, { ...second.result, status: second.status }), 20), FORBIDDEN);
  assert.deepEqual(third.status, second.status);
  assert.equal(third.status.lastReconciledTime, second.status.lastReconciledTime);
  assert.ok(third.result.resyncAfterSeconds > second.result.resyncAfterSeconds);
});

test('an effect that went well leaves the status as the core made it', () => {
  const { result, status } = answered(WOKEN, { kind: 'done' });
  assert.deepEqual(status, result.status);
});

test('being one of too many raised at once is no fault of the service', () => {
  const { result, status } = answered(WOKEN, { kind: 'refused', reason: 'RateLimited', message: 'later' });
  assert.deepEqual(status, result.status);
});
