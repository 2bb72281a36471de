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

const changedTo = (change: { readonly uid?: string; readonly generation?: number }) =>
  makeSlices().map((slice) => observedSlice(slice, { metadata: { ...slice.metadata, ...change } }));

// Found by the simulation: the slices went and were made anew, or were changed in place (seed 11000441, --faults all), and the
// status that Metacontroller showed was from before.
test('slices that are not those any more for which the drain was counted keep replicas from 0', () => {
  assert.equal(objectionWith(changedTo({})), undefined);
  assert.equal(objectionWith(changedTo({ uid: 'made-anew' })), 'RedirectionChanged');
  assert.equal(objectionWith(changedTo({ generation: 2 })), 'RedirectionChanged');
});

test('slices of somebody else may change as they like', () => {
  const slices = changedTo({});
  const [slice] = slices;
  assert.ok(slice);
  const foreign = { ...slice, metadata: { ...slice.metadata, name: 'web-own', labels: {}, generation: 7 } };
  assert.equal(objectionWith([...slices, foreign]), undefined);
});

test('a port that was added to the Service a moment ago keeps replicas from 0 until it is redirected too', () => {
  const ours = changedTo({});
  const [slice] = ours;
  assert.ok(slice);
  const labels = { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' };
  const ownWith = (ports: EndpointSlice['ports']) => ({
    ...slice,
    metadata: { ...slice.metadata, name: 'web-x7k2p', labels },
    ports,
  });
  const redirected = ours.flatMap(({ ports }) => ports ?? []);
  const admin = { name: 'admin', port: 9000 };
  assert.equal(objectionWith([...ours, ownWith(redirected)]), undefined);
  assert.equal(objectionWith([...ours, ownWith([...redirected, admin])]), 'SlicesIncomplete');
  assert.equal(objectionWith([...ours, ownWith([...redirected, { ...admin, protocol: 'UDP' }])]), undefined);
});

test('a person who says during the step that it is to stay awake is heard', () => {
  const reasonWith = (annotations: Record<string, string>) => {
    const parents = [makeParent({ metadata: { annotations } })];
    const live = { parents, slices: changedTo({}) };
    const outcome = guardObjection(makeSleepPatch(), live, { ...SETTINGS, now: NOW });
    return outcome?.kind === 'refused' ? outcome.reason : outcome?.kind;
  };
  assert.equal(reasonWith({ 'elasti.truefoundry.com/keep-awake-until': '2026-03-01T12:00:01Z' }), 'KeptAwake');
  assert.equal(reasonWith({ 'elasti.truefoundry.com/keep-awake-until': '2026-03-01T12:00:00Z' }), undefined);
  assert.equal(reasonWith({ 'elasti.truefoundry.com/keep-awake-until': '2h' }), 'KeptAwake');
  assert.equal(reasonWith({ 'elasti.truefoundry.com/sleep': 'off' }), 'KeptAwake');
  assert.equal(reasonWith({ 'elasti.truefoundry.com/sleep': '2026-03-01T11:59:50Z' }), undefined);
});
