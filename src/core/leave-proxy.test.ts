import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applied, observationOf, syncOf, WORLD, type World } from './testing/world.ts';

const SETTLED: World = { ...WORLD, demand: 'active', pods: [{ address: '10.0.0.1', ready: true }] };

/** A world whose pods are ready again, with slices of a given age beside a status from before the outage. */
function worldWithSlicesMadeAt(creationTimestamp: string): World {
  const serving = applied(SETTLED, syncOf(observationOf(SETTLED)));
  const held = { ...serving, pods: [{ address: '10.0.0.1', ready: false }] };
  const { children } = syncOf(observationOf(held));
  const made = children.map((child) => ({ ...child, metadata: { ...child.metadata, creationTimestamp } }));
  const statusBefore = { ...(serving.status as object), readySince: '2026-03-01T11:00:00.000Z' };
  return { ...serving, status: statusBefore as World['status'], children: made };
}

const slicesIn = (world: World) =>
  syncOf(observationOf(world)).children.filter(({ kind }) => kind === 'EndpointSlice').length;

// Found by the simulation: Metacontroller's copy of the status was older than the slices, and they went at once.
test('slices stay for the settle time, although a status from before the outage says that pods are long ready', () => {
  assert.equal(slicesIn(worldWithSlicesMadeAt('2026-03-01T11:59:58Z')), 1);
  assert.equal(slicesIn(worldWithSlicesMadeAt('2026-03-01T11:59:57Z')), 0);
});
