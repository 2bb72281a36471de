import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Child, SyncResponse } from '../api/hooks.ts';
import { checkAnswer } from './check-answer.ts';

const SERVICE: Child = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: 'shop', labels: { a: 'b' } },
  spec: { ports: [{ port: 80 }] },
};
const SLICE: Child = {
  apiVersion: 'discovery.k8s.io/v1',
  kind: 'EndpointSlice',
  metadata: { name: 'web', namespace: 'shop' },
  endpoints: [{ addresses: ['10.0.0.1'] }],
};
const answer = (...children: unknown[]): SyncResponse => ({
  status: {},
  children: children as Child[],
  resyncAfterSeconds: 30,
});

test('a plain answer passes as it is', () => {
  const good = answer(SERVICE, SLICE);
  assert.equal(checkAnswer(good, 'shop'), good);
});

const wrong: readonly [string, SyncResponse][] = [
  ['a null child, which would crash Metacontroller', answer(null)],
  ['an undeclared kind', answer({ ...SERVICE, kind: 'Secret' })],
  ['a child in another namespace', answer({ ...SERVICE, metadata: { ...SERVICE.metadata, namespace: 'other' } })],
  ['one child twice', answer(SERVICE, SERVICE)],
  ['a label that is no string', answer({ ...SERVICE, metadata: { ...SERVICE.metadata, labels: { a: 1 } } })],
  ['an explicit null', answer({ ...SERVICE, spec: { ports: [{ port: 80, name: null }] } })],
  ['a field that is undefined', answer({ ...SERVICE, spec: { ports: undefined } })],
  ['a slice without endpoints', answer({ ...SLICE, endpoints: [] })],
  ['a resync that is no number', { ...answer(SERVICE), resyncAfterSeconds: Number.NaN }],
  ['a resync in the past', { ...answer(SERVICE), resyncAfterSeconds: -1 }],
];
for (const [name, bad] of wrong) {
  test(`refuses ${name}`, () => assert.throws(() => checkAnswer(bad, 'shop')));
}
