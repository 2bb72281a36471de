import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { it, type TestContext } from 'node:test';
import { startApiServer } from './api-server.ts';
import { createStore, type StoredObject } from './store.ts';

const WEB = '/apis/elasti.truefoundry.com/v1alpha1/namespaces/shop/elastiservices/web';
const SLICES = '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices';
const MERGE = 'application/merge-patch+json';
const APPLY = 'application/apply-patch+yaml';

async function setup(t: TestContext) {
  const store = createStore();
  const server = await startApiServer(store);
  t.after(() => server.close());
  store.put('elastiservices', {
    metadata: { name: 'web', namespace: 'shop' },
    spec: { service: 'web', cooldownPeriod: 8 },
  });
  store.put('deployments', { metadata: { name: 'web', namespace: 'shop' }, spec: { replicas: 1, selector: {} } });
  const ask = async (method: string, path: string, body?: unknown, type = 'application/json') => {
    const init =
      body === undefined ? { method } : { method, body: JSON.stringify(body), headers: { 'content-type': type } };
    const response = await fetch(`${server.url}${path}`, init);
    return { status: response.status, body: (await response.json()) as StoredObject & Record<string, unknown> };
  };
  return { store, url: server.url, ask };
}

it('refuses a write on an object that has changed since it was read', async (t) => {
  const { ask } = await setup(t);
  const { body: read } = await ask('GET', WEB);
  const { status, body } = await ask('PUT', `${WEB}/status`, { ...read, status: { phase: 'Asleep' } });
  assert.equal(status, 200);
  assert.deepEqual(body.status, { phase: 'Asleep' });
  assert.equal((await ask('PUT', `${WEB}/status`, { ...read, status: {} })).status, 409);
  assert.deepEqual((await ask('GET', WEB)).body.status, { phase: 'Asleep' });
});

it('moves the generation with the spec alone, and lets a write of the object leave its status', async (t) => {
  const { ask } = await setup(t);
  await ask('PUT', `${WEB}/status`, { metadata: { name: 'web' }, status: { phase: 'Asleep' } });
  const { body } = await ask('PATCH', WEB, { metadata: { annotations: { wake: 'one', gone: null } } }, MERGE);
  assert.equal(body.metadata.generation, 1);
  assert.deepEqual(body.metadata.annotations, { wake: 'one' });
  const changed = await ask('PUT', WEB, { metadata: { name: 'web' }, spec: { service: 'web' }, status: {} });
  assert.equal(changed.body.metadata.generation, 2);
  assert.deepEqual(changed.body.status, { phase: 'Asleep' });
});

it('refuses a patch of another object of that name with 422 and the field', async (t) => {
  const { ask } = await setup(t);
  const { status, body } = await ask('PATCH', WEB, { metadata: { uid: 'another' } }, MERGE);
  assert.equal(status, 422);
  assert.deepEqual(body.details, { causes: [{ reason: 'FieldValueInvalid', field: 'metadata.uid' }] });
});

it('scales through the subresource, at the version that was read', async (t) => {
  const { ask, store } = await setup(t);
  const path = '/apis/apps/v1/namespaces/shop/deployments/web/scale';
  const { body: scale } = await ask('GET', path);
  assert.deepEqual(scale.spec, { replicas: 1 });
  const { resourceVersion } = scale.metadata;
  const patch = { metadata: { resourceVersion }, spec: { replicas: 0 } };
  assert.deepEqual((await ask('PATCH', path, patch, MERGE)).body.spec, { replicas: 0 });
  assert.equal((await ask('PATCH', path, patch, MERGE)).status, 409);
  const stored = store.get({ plural: 'deployments', namespace: 'shop', name: 'web' });
  assert.deepEqual(stored?.spec, { replicas: 0, selector: {} });
});

it('applies: makes the object, then owns the fields that are sent, and deletes it as it was', async (t) => {
  const { ask } = await setup(t);
  const slice = (endpoints: readonly string[]) => ({ metadata: { name: 'one', labels: { a: 'b' } }, endpoints });
  const made = await ask('PATCH', `${SLICES}/one`, slice(['x', 'y']), APPLY);
  assert.equal(made.body.kind, 'EndpointSlice');
  const applied = await ask('PATCH', `${SLICES}/one`, slice(['y']), APPLY);
  assert.deepEqual(applied.body.endpoints, ['y']);
  assert.equal(applied.body.metadata.uid, made.body.metadata.uid);
  assert.equal((await ask('DELETE', `${SLICES}/one`, { preconditions: { uid: 'another' } })).status, 409);
  assert.equal((await ask('DELETE', `${SLICES}/one`, { preconditions: { uid: made.body.metadata.uid } })).status, 200);
  assert.equal((await ask('GET', `${SLICES}/one`)).status, 404);
});

it('lets an object with a finalizer go with its last one', async (t) => {
  const { ask } = await setup(t);
  await ask('PATCH', WEB, { metadata: { finalizers: ['keep'] } }, MERGE);
  assert.equal((await ask('DELETE', WEB, {})).status, 200);
  const { body } = await ask('GET', WEB);
  assert.ok(body.metadata.deletionTimestamp);
  await ask('PATCH', WEB, { metadata: { finalizers: [] } }, MERGE);
  assert.equal((await ask('GET', WEB)).status, 404);
});

it('watches what is selected from a version on, and says where that is forgotten', async (t) => {
  const { store, url } = await setup(t);
  const from = store.version();
  const put = (name: string, labels: Record<string, string>) =>
    store.put('endpointslices', { metadata: { name, namespace: 'shop', labels } });
  put('before', { app: 'web' });
  put('other', { app: 'api' });
  const watch = async (version: number) => {
    const query = `watch=1&resourceVersion=${version}&labelSelector=app%3Dweb`;
    const response = await fetch(`${url}/apis/discovery.k8s.io/v1/endpointslices?${query}`);
    const lines = createInterface({ input: Readable.fromWeb(response.body as never) })[Symbol.asyncIterator]();
    return async () => JSON.parse((await lines.next()).value ?? '');
  };
  const next = await watch(from);
  assert.equal((await next()).object.metadata.name, 'before');
  put('after', { app: 'web' });
  const { type, object } = await next();
  assert.deepEqual([type, object.metadata.name], ['ADDED', 'after']);
  store.remove({ plural: 'endpointslices', namespace: 'shop', name: 'after' });
  assert.equal((await next()).type, 'DELETED');

  for (let i = 0; i < 1100; i++) put('before', { app: 'web', i: String(i) });
  const tooLate = await watch(from);
  assert.equal((await tooLate()).object.code, 410);
});
