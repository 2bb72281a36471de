import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applied, observationOf, SETTINGS, syncOf, WORLD, type World } from './testing/world.ts';

const at = (seconds: number) => new Date(WORLD.now.getTime() + seconds * 1000);
const ago = (seconds: number) => at(-seconds).toISOString();

const syncIn = (world: World) => syncOf(observationOf(world), SETTINGS);

/** Long in the phase, with slices that are as old. */
function long(phase: string): World {
  const status = { phase, phaseSince: ago(900), idleSince: ago(900), redirectedSince: ago(900), sleptBy: 'elasti' };
  const world: World = { ...WORLD, status, pods: [], replicas: 0 };
  const there = applied(world, syncIn(world));
  const children = there.children.map((child) => ({
    ...child,
    metadata: { ...child.metadata, creationTimestamp: ago(950) },
  }));
  const settled = { ...there, status, children };
  return { ...settled, status: JSON.parse(JSON.stringify(syncIn(settled).status)) };
}

const MORE = [...WORLD.resolvers, '10.0.9.3'];

test('asleep, another resolver rewrites the slices and no status', () => {
  const asleep = long('Asleep');
  const { status, children } = syncIn({ ...asleep, resolvers: MORE, now: at(5) });
  assert.match(JSON.stringify(children), /10\.0\.9\.3/);
  assert.deepEqual(JSON.parse(JSON.stringify(status)), asleep.status);
});

for (const [what, change] of [
  ['no resolver', { resolvers: [] }],
  ['a slice that is gone', { children: long('Asleep').children.filter(({ kind }) => kind !== 'EndpointSlice') }],
  [
    'a slice that was made anew',
    {
      resolvers: MORE,
      children: long('Asleep').children.map((child) => ({
        ...child,
        metadata: { ...child.metadata, creationTimestamp: ago(1) },
      })),
    },
  ],
] as const) {
  test(`asleep, ${what} is no redirection since before`, () => {
    assert.equal(syncIn({ ...long('Asleep'), ...change, now: at(5) }).status.redirectedSince, undefined);
  });
}

test('while draining, another resolver begins the drain anew', () => {
  const draining = { ...long('Draining'), pods: WORLD.pods, replicas: 2 };
  assert.notEqual(syncIn(draining).status.redirectedSince, undefined);
  assert.equal(syncIn({ ...draining, resolvers: MORE, now: at(5) }).status.redirectedSince, undefined);
});

// Seed 11461077, --observe-by watch: a slice was changed in the midst of a drain, and a status from before was written once more.
test('while draining, the time of slices that were changed since, or made anew, counts no more', () => {
  const { status, ...world } = { ...long('Draining'), pods: WORLD.pods, replicas: 2, now: at(5) };
  const draining = { ...world, status: { ...(status as object), phase: 'Draining', phaseSince: ago(10) } };
  assert.equal(syncIn(draining).status.redirectedSince, ago(900));
  assert.equal(syncIn(draining).scalePatches.length, 1);
  const changed = syncIn({ ...draining, sliceGeneration: 2 });
  assert.equal(changed.status.redirectedSince, at(5).toISOString());
  assert.deepEqual(changed.scalePatches, []);
});

test('while an answer of a trigger is late, what was told of one that serves stands, and nothing is written', () => {
  let busy: World = { ...WORLD, demand: 'active' };
  for (let i = 0; i < 3; i++) busy = applied(busy, syncIn(busy));
  const { status, resyncAfterSeconds } = syncIn({ ...busy, demand: 'pending', now: at(60) });
  assert.deepEqual(JSON.parse(JSON.stringify(status)), busy.status);
  assert.ok(resyncAfterSeconds <= 1);
  const reasonOf = (world: World) => syncIn(world).status.conditions?.find(({ type }) => type === 'Ready')?.reason;
  assert.equal(reasonOf({ ...busy, demand: 'pending', status: undefined }), 'TriggersPending');
  assert.equal(reasonOf({ ...busy, demand: 'failed', now: at(60) }), 'TriggersUnknown');
});
