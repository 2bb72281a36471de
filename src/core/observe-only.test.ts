import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applied, observationOf, SETTINGS, settingsOf, syncOf, WORLD, type World } from './testing/world.ts';
import type { Settings } from './types.ts';

const OBSERVING: Settings = { ...SETTINGS, isObserveOnly: true };
const answer = (world: World, settings = OBSERVING) => syncOf(observationOf(world, settings), settings);
const later = (world: World, seconds: number): World => ({
  ...world,
  now: new Date(world.now.getTime() + seconds * 1000),
});
const reasonsOf = ({ status }: ReturnType<typeof answer>) =>
  Object.fromEntries((status.conditions ?? []).map(({ type, reason }) => [type, reason]));

/** The world an hour after it was first seen, idle throughout. */
const idleForLong = (settings = OBSERVING): World => later(applied(WORLD, answer(WORLD, settings)), 3600);

/** The world in which we put the target to sleep ourselves, before we were told to observe only. */
function asleepByUs(): World {
  let world = idleForLong(SETTINGS);
  for (let step = 0; step < 3; step++) world = later(applied(world, answer(world, SETTINGS)), 10);
  const result = answer(world, SETTINGS);
  assert.deepEqual(
    result.scalePatches.map(({ kind }) => kind),
    ['sleep'],
  );
  const asleep = later({ ...applied(world, result), replicas: 0, pods: [] }, 10);
  return later(applied(asleep, answer(asleep, SETTINGS)), 60);
}

test('what would sleep stays as it is, and says so once', () => {
  for (const routing of ['host', 'port'] as const) {
    const settings = { ...settingsOf({ routing }), isObserveOnly: true };
    const world = { ...idleForLong(settings), routing };
    const result = answer(world, settings);
    assert.deepEqual([result.children, result.scalePatches], [[], []]);
    assert.equal(result.status.mode, 'serve');
    assert.deepEqual(reasonsOf(result), { Ready: 'ObserveOnly', Asleep: 'Serving', SleepAllowed: 'ObserveOnly' });
    assert.deepEqual(
      result.events.map(({ type, reason }) => [type, reason]),
      [['Normal', 'WouldSleep']],
    );
    assert.deepEqual(answer(later(applied(world, result), 30), settings).events, []);
  }
});

test('what keeps it awake anyway is named as ever', () => {
  const world: World = { ...idleForLong(), demand: 'active' };
  assert.equal(reasonsOf(answer(world)).Ready, 'TriggerActive');
  assert.equal(reasonsOf(answer({ ...WORLD, now: new Date('2026-03-01T08:00:30.000Z') })).Ready, 'InCooldown');
});

test('without a ready pod nothing is redirected', () => {
  const result = answer({ ...idleForLong(), pods: [] });
  assert.deepEqual([result.children, result.scalePatches, result.status.mode], [[], [], 'serve']);
  assert.match(result.status.conditions?.[0]?.message ?? '', /^OBSERVE_ONLY keeps from: /);
});

test('an active trigger raises no zero that somebody else made, and a person who asks for a wake gets it', () => {
  const seen = { ...idleForLong(), replicas: 0, pods: [] };
  const asleep = later(applied(seen, answer(seen)), 60);
  const active = answer({ ...asleep, demand: 'active' });
  assert.deepEqual([active.scalePatches, active.children, active.status.wokenBy], [[], [], undefined]);
  const woken = answer({ ...asleep, wakeToken: '2026-03-01T13:00:00Z/1' });
  assert.deepEqual(
    woken.scalePatches.map((patch) => [patch.kind, 'cause' in patch && patch.cause]),
    [['wake', 'Wake']],
  );
});

test('what sleeps already is held and wakes as ever, and a drain is called off', () => {
  const asleep = asleepByUs();
  assert.equal(answer(asleep).children.length, answer(asleep, SETTINGS).children.length);
  const woken = answer({ ...asleep, demand: 'active' });
  assert.deepEqual(
    woken.scalePatches.map(({ kind }) => kind),
    ['wake'],
  );
  const drained = idleForLong(SETTINGS);
  const draining = later(applied(drained, answer(drained, SETTINGS)), 1);
  const calledOff = answer(draining);
  assert.equal(calledOff.status.phase, 'Serving');
  assert.deepEqual(calledOff.scalePatches, []);
  assert.ok(
    calledOff.children.some(({ kind }) => kind === 'EndpointSlice'),
    'the slices stay for a last while',
  );
});
