import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Slice } from '../stage/objects.ts';
import { createWithdrawals } from './withdrawals.ts';

const slice = (
  name: string,
  ready: Readonly<Record<string, boolean>>,
  managedBy = 'endpointslice-controller.k8s.io',
): Slice => ({
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name, namespace: 'loss', labels: { 'endpointslice.kubernetes.io/managed-by': managedBy } },
  addressType: 'IPv4',
  endpoints: Object.entries(ready).map(([address, isReady]) => ({
    addresses: [address],
    conditions: { ready: isReady },
  })),
});

function setup() {
  let nowMs = 0;
  const withdrawals = createWithdrawals(() => nowMs);
  const takeAt = (ms: number, taken: Slice, isGone = false) => {
    nowMs = ms;
    withdrawals.take(taken, isGone);
  };
  return { takeAt, since: withdrawals.withdrawnSince };
}

test('an address is withdrawn when the last slice no longer shows it as ready', () => {
  const { takeAt, since } = setup();
  takeAt(1, slice('public', { a: true, b: true }));
  takeAt(2, slice('private', { a: true }));
  takeAt(3, slice('public', { a: false, b: true }));
  assert.equal(since('a'), undefined);
  takeAt(4, slice('private', {}));
  assert.deepEqual([since('a'), since('b')], [4, undefined]);
  takeAt(5, slice('public', { b: true }), true);
  assert.equal(since('b'), 5);
});

test('one that comes again is not', () => {
  const { takeAt, since } = setup();
  takeAt(1, slice('public', { a: true }));
  takeAt(2, slice('public', { a: false }));
  takeAt(3, slice('public', { a: true }));
  assert.equal(since('a'), undefined);
});

test('slices of ours withdraw nobody', () => {
  const { takeAt, since } = setup();
  takeAt(1, slice('to-resolver', { a: true }, 'elasti.truefoundry.com'));
  takeAt(2, slice('to-resolver', {}, 'elasti.truefoundry.com'));
  assert.equal(since('a'), undefined);
});
