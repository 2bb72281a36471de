import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideNeeds } from './needs.ts';
import { planOf } from './phase.ts';
import { sync } from './sync.ts';
import { applied, contextOf, observationOf, SETTINGS, syncOf, WORLD, type World } from './testing/world.ts';
import type { Context, Settings } from './types.ts';

const WATCHING: Settings = { ...SETTINGS, observedBy: 'watch' };
const at = (seconds: number) => new Date(WORLD.now.getTime() + seconds * 1000);
const ago = (seconds: number) => at(-seconds).toISOString();

/** Awake again and settled for long, with slices of ours still there. */
const settledWorld = (): World => {
  const idle = { ...WORLD, status: { phase: 'Serving', phaseSince: ago(900), idleSince: ago(900) } };
  const redirected = applied(idle, syncOf(observationOf(idle), SETTINGS));
  const status = { phase: 'Waking', phaseSince: ago(300), readySince: ago(300), mode: 'proxy' };
  return { ...redirected, demand: 'active', status };
};

const planWith = (world: World, settings: Settings, context: Partial<Context> = {}) =>
  planOf({ facts: observationOf(world).facts, context: { ...contextOf(world), ...context } }, settings);
const slicesIn = (plan: ReturnType<typeof planWith>) =>
  sync(plan).children.filter(({ kind }) => kind === 'EndpointSlice').length;

test('the slices go without a further look where Metacontroller watches', () => {
  assert.equal(slicesIn(planWith(settledWorld(), SETTINGS)), 0);
});

test('where we watch they go only once looks have shown the same slices of its own for the settle time', () => {
  const unread = planWith(settledWorld(), WATCHING);
  assert.equal(decideNeeds(unread)?.ownUnchanged, true);
  assert.equal(slicesIn(unread), 1);
  const unsettled = planWith(settledWorld(), WATCHING, { ownUnchanged: { kind: 'found', seconds: 1.9 } });
  assert.equal(slicesIn(unsettled), 1);
  assert.ok(sync(unsettled).resyncAfterSeconds <= 1);
  assert.equal(slicesIn(planWith(settledWorld(), WATCHING, { ownUnchanged: { kind: 'found', seconds: 2 } })), 0);
});

test('at rest Metacontroller is told to come back in about ten minutes; with anything under way, soon', () => {
  const busy = { ...WORLD, demand: 'active' as const };
  const rested = applied(busy, syncOf(observationOf(busy), WATCHING));
  const seconds = (world: World, settings = WATCHING) => syncOf(observationOf(world), settings).resyncAfterSeconds;
  assert.ok(seconds(rested) >= 400 && seconds(rested) <= 800);
  assert.equal(seconds(rested, SETTINGS), SETTINGS.pollSeconds);
  assert.ok(seconds({ ...rested, demand: 'pending' }) <= 1);
  assert.ok(seconds({ ...rested, wakeToken: `${ago(1)}/token`, replicas: 0 }) <= 10);
  assert.ok(seconds({ ...settledWorld(), status: { ...(settledWorld().status as object), readySince: ago(1) } }) < 5);
});

test('those that were asked about in one go are asked about again at times that are spread', () => {
  const busy = { ...WORLD, demand: 'active' as const };
  const { facts } = observationOf(applied(busy, syncOf(observationOf(busy), WATCHING)));
  const secondsOf = (uid: string) => {
    const observation = {
      facts: { ...facts, elastiService: { ...facts.elastiService, uid } },
      context: contextOf(busy),
    };
    return syncOf(observation, WATCHING).resyncAfterSeconds;
  };
  const minutes = Array.from({ length: 1000 }, (_, i) => Math.floor(secondsOf(`uid-${i}`) / 60));
  const inMinute = (minute: number) => minutes.filter((other) => other === minute).length;
  for (const minute of [7, 8, 9, 10, 11, 12])
    assert.ok(inMinute(minute) > 100, `${inMinute(minute)} in minute ${minute}`);
  assert.equal(secondsOf('uid-1'), secondsOf('uid-1'));
});

test('a replica of ours that sees too little keeps all as it is, and leaves the status to those who see', () => {
  const facts = { ...observationOf(settledWorld()).facts, readiness: 'unknown' as const };
  const answer = sync(planOf({ facts, context: contextOf(settledWorld()) }, WATCHING));
  assert.equal(answer.children.length, 2);
  const { lastReconciledTime: _, observedGeneration: __, ...status } = answer.status;
  assert.deepEqual(status, settledWorld().status);
  const told = sync(planOf({ facts, context: contextOf(settledWorld()) }, SETTINGS)).status.conditions ?? [];
  assert.ok(told.some(({ reason }) => reason === 'ObservationIncomplete'));
});
