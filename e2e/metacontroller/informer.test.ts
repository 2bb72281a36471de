import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pino } from 'pino';
import { FakeApi } from './fake-api.ts';
import { SERVICES, service } from './fixtures.ts';
import { Informer } from './informer.ts';
import { keyOf } from './kube-object.ts';

async function setup(context: TestContext) {
  const api = new FakeApi();
  api.put(SERVICES, service({ name: 'first' }));
  const informer = new Informer(SERVICES, api, pino({ level: 'silent' }));
  const seen: string[] = [];
  informer.addHandler({
    onAdd: (object) => seen.push(`add ${keyOf(object)}`),
    onUpdate: (before, after) => seen.push(`update ${before.metadata.labels?.v} ${after.metadata.labels?.v}`),
    onDelete: (object) => seen.push(`delete ${keyOf(object)}`),
  });
  context.after(() => informer.stop());
  informer.start();
  await informer.whenSynced();
  await turn();
  return { api, informer, seen };
}

test('lists, then follows the watch', async (context) => {
  const { api, informer, seen } = await setup(context);
  api.emit(SERVICES, 'ADDED', service({ labels: { v: '1' } }));
  api.emit(SERVICES, 'MODIFIED', service({ labels: { v: '2' } }));
  api.emit(SERVICES, 'DELETED', service());
  assert.deepEqual(seen, ['add shop/first', 'add shop/web', 'update 1 2', 'delete shop/web']);
  assert.deepEqual(informer.store.keys(), ['shop/first']);
});

test('a late handler is shown what is there, and a removed one nothing', async (context) => {
  const { api, informer } = await setup(context);
  const seen: string[] = [];
  const note = (object: Parameters<typeof keyOf>[0]) => seen.push(keyOf(object));
  const remove = informer.addHandler({ onAdd: note, onUpdate: note, onDelete: note });
  remove();
  api.emit(SERVICES, 'ADDED', service());
  assert.deepEqual(seen, ['shop/first']);
});

test('children are found by their controller, in step with changes of it', async (context) => {
  const { api, informer } = await setup(context);
  const reference = { apiVersion: 'v1', kind: 'ElastiService', name: 'web', uid: 'uid-web', controller: true };
  const names = () =>
    [informer.store.ownedBy('uid-web'), informer.store.withoutController()].map((list) => list.map(keyOf));
  api.emit(SERVICES, 'ADDED', service({ ownerReferences: [reference] }));
  assert.deepEqual(names(), [['shop/web'], ['shop/first']]);
  api.emit(SERVICES, 'MODIFIED', service({ ownerReferences: [{ ...reference, controller: false }] }));
  assert.deepEqual(names(), [[], ['shop/first', 'shop/web']]);
  api.emit(SERVICES, 'DELETED', service());
  assert.deepEqual(names(), [[], ['shop/first']]);
});
