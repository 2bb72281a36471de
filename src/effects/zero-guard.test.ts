import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EndpointSlice } from '../api/kubernetes.ts';
import { makeParent, makeSleepPatch, makeSlices, observedSlice, SETTINGS } from './testing/shop.ts';
import { guardObjection } from './zero-guard.ts';

const NOW = new Date('2026-03-01T12:00:00.000Z');

function objectionWith(slices: readonly EndpointSlice[]) {
  const outcome = guardObjection(makeSleepPatch(), { parents: [makeParent()], slices }, { ...SETTINGS, now: NOW });
  return outcome?.kind === 'refused' ? outcome.reason : outcome?.kind;
}

const madeAt = (creationTimestamp: string) =>
  makeSlices().map((slice) => observedSlice(slice, { metadata: { ...slice.metadata, creationTimestamp } }));

// Found by the simulation: the slices went and were made anew, and the status that Metacontroller showed was from before.
test('slices younger than the drain time keep replicas from 0, whatever the status says', () => {
  assert.equal(objectionWith(madeAt('2026-03-01T11:59:56Z')), 'SlicesYoung');
  assert.equal(objectionWith(madeAt('2026-03-01T11:59:55Z')), undefined);
});

test('slices of somebody else may be as young as they are', () => {
  const [slice] = madeAt('2026-03-01T11:59:50Z');
  assert.ok(slice);
  const foreign = { ...slice, metadata: { ...slice.metadata, name: 'web-own', labels: {} } };
  const young = { ...foreign, metadata: { ...foreign.metadata, creationTimestamp: '2026-03-01T11:59:59Z' } };
  assert.equal(objectionWith([slice, young]), undefined);
});
