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

test('a port that was added to the Service a moment ago keeps replicas from 0 until it is redirected too', () => {
  const ours = madeAt('2026-03-01T11:00:00Z');
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

// Found by the simulation (seed 11000441, --faults all): a port of the Service was changed in a drain, so that its slice was
// changed in place, and the next sync was still shown the status from before.
test('a redirection that began anew keeps replicas from 0, although its slices are old', () => {
  const slices = madeAt('2026-03-01T11:00:00Z');
  const { guard, ...patch } = makeSleepPatch();
  const asked = { ...patch, guard: { ...guard, redirectedSince: '2026-03-01T11:59:00.000Z' } };
  const reasonWith = (redirectedSince: string) => {
    const parents = [makeParent({ status: { redirectedSince } })];
    const outcome = guardObjection(asked, { parents, slices }, { ...SETTINGS, now: NOW });
    return outcome?.kind === 'refused' ? outcome.reason : outcome?.kind;
  };
  assert.equal(reasonWith('2026-03-01T11:59:59.000Z'), 'RedirectionChanged');
  assert.equal(reasonWith('2026-03-01T11:59:00.000Z'), undefined);
});

test('a person who says during the step that it is to stay awake is heard', () => {
  const reasonWith = (annotations: Record<string, string>) => {
    const parents = [makeParent({ metadata: { annotations } })];
    const live = { parents, slices: madeAt('2026-03-01T11:00:00Z') };
    const outcome = guardObjection(makeSleepPatch(), live, { ...SETTINGS, now: NOW });
    return outcome?.kind === 'refused' ? outcome.reason : outcome?.kind;
  };
  assert.equal(reasonWith({ 'elasti.truefoundry.com/keep-awake-until': '2026-03-01T12:00:01Z' }), 'KeptAwake');
  assert.equal(reasonWith({ 'elasti.truefoundry.com/keep-awake-until': '2026-03-01T12:00:00Z' }), undefined);
  assert.equal(reasonWith({ 'elasti.truefoundry.com/keep-awake-until': '2h' }), 'KeptAwake');
  assert.equal(reasonWith({ 'elasti.truefoundry.com/sleep': 'off' }), 'KeptAwake');
  assert.equal(reasonWith({ 'elasti.truefoundry.com/sleep': '2026-03-01T11:59:50Z' }), undefined);
});
