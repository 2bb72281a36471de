import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import type { FakeObject } from '../../watch/testing/fake-api.ts';
import { createBroadcast } from './broadcast.ts';
import { createEndpoints, KeptSlice } from './endpoints.ts';
import { makeClaim, makeSlice, readyPod } from './testing/fixtures.ts';

function setup() {
  const bugs: unknown[] = [];
  const endpoints = createEndpoints({ broadcast: createBroadcast((error) => bugs.push(error)) });
  const kept = new Map<string, KeptSlice>();
  const take = (object: FakeObject, isGone = false) => {
    const key = `${object.metadata.namespace}/${object.metadata.name}`;
    const value = isGone ? undefined : KeptSlice.parse(object);
    endpoints.takeSlice(key, value, kept.get(key));
    if (value) kept.set(key, value);
    else kept.delete(key);
  };
  const ready = (overrides = {}) =>
    endpoints.readyFor(makeClaim(overrides)).map(({ address, port }) => `${address}:${port}`);
  return { endpoints, take, ready, bugs };
}

test('ready pods of the claimed port', () => {
  const { take, ready } = setup();
  take(
    makeSlice({
      endpoints: [readyPod('10.1.0.1'), readyPod('10.1.0.2')],
      ports: [
        { name: 'metrics', port: 9090 },
        { name: 'http', port: 8080 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    }),
  );
  assert.deepEqual(ready(), ['10.1.0.1:8080', '10.1.0.2:8080']);
  assert.deepEqual(ready({ portName: 'metrics' }), ['10.1.0.1:9090', '10.1.0.2:9090']);
  assert.deepEqual(ready({ portName: 'dns' }), []);
  assert.deepEqual(ready({ portName: '' }), []);
});

test('a single port without a name', () => {
  const { take, ready } = setup();
  take(makeSlice({ ports: [{ name: '', port: 8080 }] }));
  assert.deepEqual(ready({ portName: '' }), ['10.1.0.1:8080']);
});

test('pods whose named port differs stand in slices of their own', () => {
  const { take, ready } = setup();
  take(makeSlice({ name: 'a' }));
  take(makeSlice({ name: 'b', endpoints: [readyPod('10.1.0.2')], ports: [{ name: 'http', port: 8081 }] }));
  assert.deepEqual(ready(), ['10.1.0.1:8080', '10.1.0.2:8081']);
});

test('a pod that is in two slices for a moment counts once', () => {
  const { take, ready } = setup();
  take(makeSlice({ name: 'a' }));
  take(makeSlice({ name: 'b' }));
  assert.deepEqual(ready(), ['10.1.0.1:8080']);
});

const CONDITIONS: readonly (readonly [string, object | undefined, boolean])[] = [
  ['ready', { ready: true, serving: true, terminating: false }, true],
  ['nothing said', {}, true],
  ['no conditions', undefined, true],
  ['null', { ready: null, serving: null, terminating: null }, true],
  ['not ready', { ready: false, serving: false, terminating: false }, false],
  ['terminating, still serving', { ready: false, serving: true, terminating: true }, false],
  ['terminating, though said to be ready', { ready: true, serving: true, terminating: true }, false],
];
for (const [what, conditions, isGiven] of CONDITIONS) {
  test(`${what}: ${isGiven ? 'given' : 'not given'}`, () => {
    const { take, ready } = setup();
    take(makeSlice({ endpoints: [{ addresses: ['10.1.0.1'], ...(conditions ? { conditions } : {}) }] }));
    assert.deepEqual(ready(), isGiven ? ['10.1.0.1:8080'] : []);
  });
}

test('slices of a private Service with another UID, or of another namespace, give nothing', () => {
  const { take, ready } = setup();
  take(makeSlice({ name: 'a', ownerUid: 'uid-made-anew' }));
  take(makeSlice({ name: 'b', namespace: 'attacker' }));
  assert.deepEqual(ready(), []);
  assert.deepEqual(ready({ privateServiceUid: '' }), []);
});

test('a slice without an owner, with another owner, or with no controller, is refused', () => {
  const { metadata, ...rest } = makeSlice();
  for (const ownerReferences of [
    undefined,
    [],
    [{ kind: 'Deployment', name: 'web', uid: 'uid-private', controller: true }],
    [{ kind: 'Service', name: 'web', uid: 'uid-private' }],
  ]) {
    assert.equal(KeptSlice.safeParse({ ...rest, metadata: { ...metadata, ownerReferences } }).success, false);
  }
});

test('what is no IP address is never dialled', () => {
  const { take, ready } = setup();
  take(makeSlice({ endpoints: [{ addresses: ['example.com'] }, { addresses: ['fd00::1'] }] }));
  assert.deepEqual(ready(), ['fd00::1:8080']);
});

test('slices without endpoints or ports give nothing and break nothing', () => {
  const { take, ready } = setup();
  take({ ...makeSlice(), endpoints: null, ports: null });
  assert.deepEqual(ready(), []);
});

test('follows changes, owners that change, and slices that go', () => {
  const { take, ready } = setup();
  take(makeSlice());
  assert.deepEqual(ready(), ['10.1.0.1:8080']);
  take(makeSlice({ endpoints: [readyPod('10.1.0.9')] }));
  assert.deepEqual(ready(), ['10.1.0.9:8080']);
  take(makeSlice({ ownerUid: 'uid-other' }));
  assert.deepEqual(ready(), []);
  assert.deepEqual(ready({ privateServiceUid: 'uid-other' }), ['10.1.0.1:8080']);
  take(makeSlice({ ownerUid: 'uid-other' }), true);
  assert.deepEqual(ready({ privateServiceUid: 'uid-other' }), []);
});

test('the same list is given until something changes', () => {
  const { endpoints, take } = setup();
  take(makeSlice());
  const list = endpoints.readyFor(makeClaim());
  assert.equal(endpoints.readyFor(makeClaim()), list);
});

test('only the subscribers of that private Service are told, once, and only of what changes something', async () => {
  const { endpoints, take, bugs } = setup();
  const told: string[] = [];
  endpoints.subscribe(makeClaim(), () => told.push('web'));
  const unsubscribe = endpoints.subscribe(makeClaim(), () => told.push('web too'));
  endpoints.subscribe(makeClaim({ privateServiceUid: 'uid-other' }), () => told.push('other'));
  take(makeSlice());
  take(makeSlice({ endpoints: [readyPod('10.1.0.2')] }));
  await turn();
  assert.deepEqual(told.splice(0), ['web', 'web too']);
  take(makeSlice({ endpoints: [{ ...readyPod('10.1.0.2'), nodeName: 'node-7' }] }));
  await turn();
  assert.deepEqual(told, []);
  unsubscribe();
  take(makeSlice(), true);
  await turn();
  assert.deepEqual(told, ['web']);
  assert.deepEqual(bugs, []);
});

test('a subscriber that throws keeps none of the others from hearing', async () => {
  const { endpoints, take, bugs } = setup();
  const told: string[] = [];
  endpoints.subscribe(makeClaim(), () => {
    throw new Error('bug');
  });
  endpoints.subscribe(makeClaim(), () => told.push('web'));
  take(makeSlice());
  await turn();
  assert.deepEqual(told, ['web']);
  assert.equal(bugs.length, 1);
});
