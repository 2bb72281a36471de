import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pino } from 'pino';
import { ApiError } from './api-client.ts';
import { createServerSideApply } from './apply-child.ts';
import { Discovery } from './discovery.ts';
import { FakeApi, pathOf } from './fake-api.ts';
import {
  compositeController,
  ELASTI_SERVICES,
  ENDPOINT_SLICES,
  elastiService,
  endpointSlice,
  SERVICES,
  service,
} from './fixtures.ts';
import { Informer } from './informer.ts';
import type { KubeObject, ObjectMeta } from './kube-object.ts';
import { createManageChildren } from './manage-children.ts';
import { ObjectClient } from './object-client.ts';
import type { ObjectMap } from './object-map.ts';
import { createSyncParent } from './sync-parent.ts';

const FINALIZER = 'metacontroller.io/compositecontroller-elasti';
const PARENT = '/apis/elasti.truefoundry.com/v1alpha1/namespaces/shop/elastiservices/web';
const CHILD = '/api/v1/namespaces/shop/services/private';

const returned = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'private' }, spec: { ports: [{ port: 80 }] } };
const related = { 'Service.v1': { 'shop/web': service() } };
const ownedByWeb = {
  apiVersion: 'elasti.truefoundry.com/v1alpha1',
  kind: 'ElastiService',
  name: 'web',
  uid: 'uid-web',
};

interface SentBody {
  readonly parent: KubeObject;
  readonly children: ObjectMap;
  readonly finalizing: boolean;
}

interface Setup {
  readonly metadata?: Partial<ObjectMeta>;
  readonly answer?: object;
  readonly hasFinalizeHook?: boolean;
}

function setup({ metadata = { finalizers: [FINALIZER] }, answer = {}, hasFinalizeHook = true }: Setup = {}) {
  const api = new FakeApi();
  const objects = new ObjectClient(api);
  const logger = pino({ level: 'silent' });
  const discovery = new Discovery({
    ...api,
    stream: api.stream,
    send: async <T>() =>
      ({
        resources: [
          { name: 'services', kind: 'Service', namespaced: true },
          { name: 'endpointslices', kind: 'EndpointSlice', namespaced: true },
        ],
      }) as T,
  });
  const services = new Informer(SERVICES, api, logger);
  const slices = new Informer(ENDPOINT_SLICES, api, logger);
  const posted: { readonly hook: string; readonly body: SentBody }[] = [];
  const resyncs: number[] = [];
  let next: object = answer;
  const answerWith = (answered: object) => {
    next = answered;
  };
  const call = (hook: string) => async (body: unknown) => {
    posted.push({ hook, body: structuredClone(body) as SentBody });
    return JSON.stringify(next);
  };
  const sync = createSyncParent({
    controller: compositeController(),
    parentType: ELASTI_SERVICES,
    childInformers: [services, slices],
    objects,
    callSync: call('sync'),
    callFinalize: hasFinalizeHook ? call('finalize') : undefined,
    relatedOf: async () => related,
    manageChildren: createManageChildren({
      objects,
      discovery,
      applyChild: createServerSideApply(objects, 'metacontroller'),
    }),
    resyncAfter: (_parent, delayMs) => resyncs.push(delayMs),
  });
  let parent = api.put(ELASTI_SERVICES, elastiService(metadata));
  /** Brings the caches up to date, as watches would, and syncs. */
  const syncNow = async () => {
    parent = api.objects.get(PARENT) ?? parent;
    for (const [path, object] of api.objects) {
      if (path.includes('/services/')) services.store.put(object);
      if (path.includes('/endpointslices/')) slices.store.put(object);
    }
    await sync(parent);
  };
  const addChild = (child: KubeObject) => {
    const ownerReferences = [{ ...ownedByWeb, controller: true, blockOwnerDeletion: true }];
    const labels = { 'controller-uid': 'uid-web', ...child.metadata.labels };
    const type = child.kind === 'Service' ? SERVICES : ENDPOINT_SLICES;
    return api.put(type, { ...child, metadata: { ...child.metadata, labels, ownerReferences } });
  };
  return { api, posted, resyncs, syncNow, addChild, answerWith };
}

test('a sync body has exactly the keys of the wire, and every declared child kind', async () => {
  const { api, posted, syncNow } = setup();
  const parent = api.objects.get(PARENT);
  await syncNow();
  const { spec, ...controller } = compositeController();
  const updateStrategy = { method: 'InPlace', statusChecks: {} };
  const childResources = spec.childResources?.map((rule) => ({ ...rule, updateStrategy }));
  assert.ok(parent);
  assert.deepEqual(posted, [
    {
      hook: 'sync',
      body: {
        controller: { ...controller, spec: { ...spec, childResources }, status: {} },
        parent,
        children: { 'EndpointSlice.discovery.k8s.io/v1': {}, 'Service.v1': {} },
        related,
        finalizing: false,
      },
    },
  ]);
});

test('the finalizer is there before the first hook call', async () => {
  const { api, posted, syncNow } = setup({ metadata: { finalizers: ['other/finalizer'] } });
  await syncNow();
  assert.deepEqual(api.objects.get(PARENT)?.metadata.finalizers, ['other/finalizer', FINALIZER]);
  assert.deepEqual(posted[0]?.body.parent.metadata.finalizers, ['other/finalizer', FINALIZER]);
});

test('without a finalize hook a finalizer of ours is taken away', async () => {
  const { api, syncNow } = setup({ hasFinalizeHook: false });
  await syncNow();
  assert.deepEqual(api.objects.get(PARENT)?.metadata.finalizers, []);
});

test('the first sync applies the child and writes the status, the next one reads the parent once and writes nothing', async () => {
  const { api, syncNow } = setup({ answer: { children: [returned], status: { mode: 'proxy' } } });
  await syncNow();
  assert.deepEqual(api.takeRequests(), [`PATCH ${CHILD}`, `GET ${PARENT}`, `PUT ${PARENT}/status`]);
  const child = api.objects.get(CHILD);
  assert.deepEqual(child?.metadata.labels, { 'controller-uid': 'uid-web' });
  assert.deepEqual(child?.metadata.ownerReferences, [{ ...ownedByWeb, controller: true, blockOwnerDeletion: true }]);
  assert.deepEqual(api.objects.get(PARENT)?.status, { mode: 'proxy', observedGeneration: 3 });
  for (let time = 0; time < 2; time += 1) {
    await syncNow();
    assert.deepEqual(api.takeRequests(), [`GET ${PARENT}`]);
  }
});

test('an edited child is applied again', async () => {
  const { api, syncNow } = setup({ answer: { children: [returned], status: { mode: 'proxy' } } });
  await syncNow();
  const child = api.objects.get(CHILD);
  assert.ok(child);
  api.put(SERVICES, { ...child, spec: { ports: [] } });
  api.takeRequests();
  await syncNow();
  assert.deepEqual(api.takeRequests(), [`PATCH ${CHILD}`, `GET ${PARENT}`]);
});

test('another answer for the same child is applied', async () => {
  const { api, syncNow, answerWith } = setup({ answer: { children: [returned] } });
  await syncNow();
  answerWith({ children: [{ ...returned, spec: { ports: [{ port: 81 }] } }] });
  api.takeRequests();
  await syncNow();
  assert.deepEqual(api.takeRequests(), [`PATCH ${CHILD}`, `GET ${PARENT}`]);
});

test('a child that is not returned is deleted, one that is being deleted is left alone', async () => {
  const { api, syncNow, addChild } = setup({ answer: { children: [{ ...returned, metadata: { name: 'leaving' } }] } });
  addChild(service({ name: 'unwanted' }));
  addChild(service({ name: 'leaving', deletionTimestamp: '2026-11-23T07:26:53Z' }));
  addChild(endpointSlice({ name: 'leaving-too', deletionTimestamp: '2026-11-23T07:26:53Z' }));
  await syncNow();
  const writes = api.takeRequests().filter((request) => !request.startsWith('GET') && !request.includes('/status'));
  assert.deepEqual(writes, ['DELETE /api/v1/namespaces/shop/services/unwanted']);
});

test('a child whose generated label is gone is released, and a matching orphan is adopted', async () => {
  const { api, posted, syncNow, addChild } = setup();
  addChild(service({ name: 'released', labels: { 'controller-uid': 'other' } }));
  api.put(SERVICES, service({ name: 'orphan', labels: { 'controller-uid': 'uid-web' } }));
  api.put(SERVICES, service({ name: 'stranger', labels: {} }));
  await syncNow();
  assert.deepEqual(Object.keys(posted[0]?.body.children['Service.v1'] ?? {}), ['shop/orphan']);
  const adopted = api.requests.includes('PUT /api/v1/namespaces/shop/services/orphan');
  assert.equal(adopted, true);
  assert.deepEqual(api.objects.get(pathOf(SERVICES, service({ name: 'released' })))?.metadata.ownerReferences, []);
});

test('a deleted parent is finalized: shown its children, then without them, then let go', async () => {
  const metadata = { finalizers: [FINALIZER], deletionTimestamp: '2026-11-23T07:26:53Z' };
  const { api, posted, syncNow, addChild, answerWith } = setup({ metadata, answer: { children: [] } });
  addChild(service({ name: 'private' }));
  await syncNow();
  assert.deepEqual(
    posted.map(({ hook, body }) => [hook, body.finalizing]),
    [['finalize', true]],
  );
  assert.equal(api.objects.has(CHILD), false);
  assert.deepEqual(api.objects.get(PARENT)?.metadata.finalizers, [FINALIZER]);
  answerWith({ children: [], finalized: true });
  await syncNow();
  assert.deepEqual(api.objects.get(PARENT)?.metadata.finalizers, []);
});

for (const collector of ['foregroundDeletion', 'orphan']) {
  test(`under ${collector} the children are left to the garbage collector`, async () => {
    const metadata = { finalizers: [FINALIZER, collector], deletionTimestamp: '2026-11-23T07:26:53Z' };
    const { api, syncNow } = setup({ metadata, answer: { children: [returned] } });
    await syncNow();
    assert.equal(api.objects.has(CHILD), false);
  });
}

test('a child that fails does not keep the status back, but fails the sync', async () => {
  const { api, syncNow } = setup({ answer: { children: [returned], status: { mode: 'proxy' } } });
  api.failures.set(`PATCH ${CHILD}`, [new ApiError(422, 'Service is invalid')]);
  await assert.rejects(syncNow(), /can't reconcile children for ElastiService shop\/web: Service is invalid/);
  assert.deepEqual(api.objects.get(PARENT)?.status, { mode: 'proxy', observedGeneration: 3 });
});

test('a status conflict is tried again on the live object', async () => {
  const { api, syncNow } = setup({ answer: { status: { mode: 'proxy' } } });
  api.failures.set(`PUT ${PARENT}/status`, [new ApiError(409, 'conflict')]);
  await syncNow();
  const put = `PUT ${PARENT}/status`;
  assert.deepEqual(api.takeRequests(), [`GET ${PARENT}`, put, `GET ${PARENT}`, put]);
});

test('a parent that vanished meanwhile is no error', async () => {
  const { api, syncNow } = setup({ answer: { status: { mode: 'proxy' } } });
  api.failures.set(`GET ${PARENT}`, [new ApiError(404, 'not found')]);
  await syncNow();
});

test('resyncAfterSeconds may be a fraction; 0 asks for nothing', async () => {
  const { resyncs, syncNow, answerWith } = setup({ answer: { resyncAfterSeconds: 0.5 } });
  await syncNow();
  answerWith({ resyncAfterSeconds: 0 });
  await syncNow();
  assert.deepEqual(resyncs, [500]);
});
