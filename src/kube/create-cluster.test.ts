import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import type { ClaimsCluster, Cluster } from '../effects/ports.ts';
import { KubeApiError } from '../errors.ts';
import { until } from '../testing/until.ts';
import { createCluster } from './create-cluster.ts';
import { type Answer, json, makeKubeConfig, type Received, startStub, status } from './testing/api-server-stub.ts';

const deployment = { namespace: 'shop', apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' } as const;
const ref = { namespace: 'shop', name: 'web' };
const now = new Date('2026-03-01T12:00:00.250Z');
const parent = { metadata: { name: 'web', namespace: 'shop', uid: 'u1', generation: 1 }, spec: { service: 'web' } };
const slice = { metadata: { name: 'web-1' }, addressType: 'IPv4' };
const event = { regarding: { ...ref, uid: 'u1' }, type: 'Normal', reason: 'Slept', message: 'zero', key: 'k' } as const;

async function setup(t: Parameters<typeof startStub>[0], answer: Answer, watchNamespaces: readonly string[] = []) {
  const calls: string[] = [];
  const stub = await startStub(t, answer);
  const cluster = createCluster({
    kubeConfig: makeKubeConfig(stub.origin),
    watchNamespaces,
    clock: { now: () => now, monotonicMs: () => performance.now() },
    onCall: ({ verb, resource, error, seconds }) => {
      assert.ok(seconds >= 0);
      calls.push(`${verb} ${resource} ${error?.code ?? 'success'}`);
    },
  });
  return { ...stub, cluster, calls };
}

interface Case {
  readonly title: string;
  readonly answer: unknown;
  readonly act: (cluster: Cluster & ClaimsCluster) => Promise<unknown>;
  readonly result: unknown;
  readonly accept?: string;
  readonly sent: { readonly method: string; readonly url: string; readonly body?: unknown };
}

const METADATA = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const scale = (resourceVersion: string, spec: object) => ({ metadata: { resourceVersion }, spec });
const scaledObject = { metadata: { resourceVersion: '9', annotations: { a: 'b' } }, spec: { minReplicaCount: 2 } };
const es = '/apis/elasti.truefoundry.com/v1alpha1';

const cases: readonly Case[] = [
  {
    title: 'readScale asks for the scale of a Deployment',
    answer: scale('7', { replicas: 3 }),
    act: (cluster) => cluster.readScale(deployment),
    result: { replicas: 3, resourceVersion: '7' },
    sent: { method: 'GET', url: '/apis/apps/v1/namespaces/shop/deployments/web/scale' },
  },
  {
    title: 'readScale takes omitted replicas for 0',
    answer: scale('7', {}),
    act: (cluster) => cluster.readScale({ ...deployment, kind: 'StatefulSet' }),
    result: { replicas: 0, resourceVersion: '7' },
    sent: { method: 'GET', url: '/apis/apps/v1/namespaces/shop/statefulsets/web/scale' },
  },
  {
    title: 'writeScale patches under the resourceVersion it was given',
    answer: scale('8', {}),
    act: (cluster) =>
      cluster.writeScale(
        { ...deployment, apiVersion: 'argoproj.io/v1alpha1', kind: 'Rollout' },
        { replicas: 0, resourceVersion: '7' },
      ),
    result: { replicas: 0, resourceVersion: '8' },
    sent: {
      method: 'PATCH',
      url: '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts/web/scale?fieldManager=elasti',
      body: { metadata: { resourceVersion: '7' }, spec: { replicas: 0 } },
    },
  },
  {
    title: 'readElastiService reads one',
    answer: parent,
    act: (cluster) => cluster.readElastiService(ref),
    result: parent,
    sent: { method: 'GET', url: `${es}/namespaces/shop/elastiservices/web` },
  },
  {
    title: 'listElastiServices selects by service',
    answer: { metadata: {}, items: [parent] },
    act: (cluster) => cluster.listElastiServices({ namespace: 'shop', service: 'web' }),
    result: [parent],
    sent: {
      method: 'GET',
      url: `${es}/namespaces/shop/elastiservices?limit=500&fieldSelector=spec.service%3Dweb`,
    },
  },
  {
    title: 'writeWakeToken patches the annotation under the uid',
    answer: parent,
    act: (cluster) => cluster.writeWakeToken({ ...ref, uid: 'u1' }, 'token-1'),
    result: parent,
    sent: {
      method: 'PATCH',
      url: `${es}/namespaces/shop/elastiservices/web?fieldManager=elasti`,
      body: { metadata: { uid: 'u1', annotations: { 'elasti.truefoundry.com/wake': 'token-1' } } },
    },
  },
  {
    title: 'listSlices selects by the name of the Service',
    answer: { metadata: {}, items: [slice] },
    act: (cluster) => cluster.listSlices('shop', 'web'),
    result: [slice],
    sent: {
      method: 'GET',
      url: '/apis/discovery.k8s.io/v1/namespaces/shop/endpointslices?labelSelector=kubernetes.io%2Fservice-name%3Dweb',
    },
  },
  {
    title: 'readScaledObject reads annotations and minReplicaCount',
    answer: scaledObject,
    act: (cluster) => cluster.readScaledObject(ref),
    result: { resourceVersion: '9', annotations: { a: 'b' }, minReplicaCount: 2 },
    sent: { method: 'GET', url: '/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects/web' },
  },
  {
    title: 'readScaledObject takes an absent minReplicaCount for 0',
    answer: { metadata: { resourceVersion: '9' }, spec: {} },
    act: (cluster) => cluster.readScaledObject(ref),
    result: { resourceVersion: '9', annotations: {}, minReplicaCount: 0 },
    sent: { method: 'GET', url: '/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects/web' },
  },
  {
    title: 'annotateScaledObject sets and removes under the resourceVersion',
    answer: scaledObject,
    act: (cluster) => cluster.annotateScaledObject(ref, { annotations: { a: '1', b: null }, resourceVersion: '9' }),
    result: undefined,
    sent: {
      method: 'PATCH',
      url: '/apis/keda.sh/v1alpha1/namespaces/shop/scaledobjects/web?fieldManager=elasti',
      body: { metadata: { resourceVersion: '9', annotations: { a: '1', b: null } } },
    },
  },
  {
    title: 'createEvent posts a core Event',
    answer: {},
    act: (cluster) => cluster.createEvent(event),
    result: undefined,
    sent: {
      method: 'POST',
      url: '/api/v1/namespaces/shop/events?fieldManager=elasti',
      body: {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: 'web.e9c58be5c5040cc5', namespace: 'shop' },
        involvedObject: {
          apiVersion: 'elasti.truefoundry.com/v1alpha1',
          kind: 'ElastiService',
          namespace: 'shop',
          name: 'web',
          uid: 'u1',
        },
        type: 'Normal',
        reason: 'Slept',
        message: 'zero',
        source: { component: 'elasti' },
        reportingComponent: 'elasti',
        firstTimestamp: '2026-03-01T12:00:00Z',
        lastTimestamp: '2026-03-01T12:00:00Z',
        count: 1,
      },
    },
  },
  {
    title: 'readSecretKey decodes the value',
    answer: { data: { key: Buffer.from('s€cret\n').toString('base64') } },
    act: (cluster) => cluster.readSecretKey({ ...ref, key: 'key' }),
    result: 's€cret\n',
    sent: { method: 'GET', url: '/api/v1/namespaces/shop/secrets/web' },
  },
  {
    title: 'readSecretKey gives undefined for another key',
    answer: { data: { key: 'eA==' } },
    act: (cluster) => cluster.readSecretKey({ ...ref, key: 'other' }),
    result: undefined,
    sent: { method: 'GET', url: '/api/v1/namespaces/shop/secrets/web' },
  },
  {
    title: 'readConfigMap takes a ConfigMap without data for an empty one',
    answer: { metadata: { resourceVersion: '3' } },
    act: (cluster) => cluster.readConfigMap(ref),
    result: { resourceVersion: '3', data: {} },
    sent: { method: 'GET', url: '/api/v1/namespaces/shop/configmaps/web' },
  },
  {
    title: 'createConfigMap posts labels and data, and asks for metadata alone',
    answer: { metadata: { resourceVersion: '3' } },
    act: (cluster) => cluster.createConfigMap(ref, { labels: { l: 'x' }, data: { k: 'v' } }),
    result: '3',
    accept: METADATA,
    sent: {
      method: 'POST',
      url: '/api/v1/namespaces/shop/configmaps?fieldManager=elasti',
      body: { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ref, labels: { l: 'x' } }, data: { k: 'v' } },
    },
  },
  {
    title: 'patchConfigMap sets keys under the resourceVersion it was given, and asks for metadata alone',
    answer: { metadata: { resourceVersion: '4' } },
    act: (cluster) => cluster.patchConfigMap(ref, { labels: { l: 'x' }, data: { k: 'v' }, resourceVersion: '3' }),
    result: '4',
    accept: METADATA,
    sent: {
      method: 'PATCH',
      url: '/api/v1/namespaces/shop/configmaps/web?fieldManager=elasti',
      body: { metadata: { labels: { l: 'x' }, resourceVersion: '3' }, data: { k: 'v' } },
    },
  },
  {
    title: 'ping asks for the version',
    answer: { major: '1' },
    act: (cluster) => cluster.ping(),
    result: undefined,
    sent: { method: 'GET', url: '/version' },
  },
];

for (const { title, answer, act, result, accept = 'application/json', sent } of cases) {
  test(title, async (t) => {
    const { cluster, received } = await setup(t, json(200, answer));
    assert.deepEqual(await act(cluster), result);
    assert.equal(received.length, 1);
    const { method, url, body, headers } = received[0] as (typeof received)[0];
    assert.deepEqual({ method, url, body }, { body: undefined, ...sent });
    const types: Record<string, string | undefined> = {
      PATCH: 'application/merge-patch+json',
      POST: 'application/json',
    };
    assert.equal(headers['content-type'], types[sent.method]);
    assert.equal(headers.accept, accept);
    assert.equal(headers.authorization, 'Bearer kube-token');
  });
}

test('a missing object or kind reads as undefined or as an empty list', async (t) => {
  const { cluster } = await setup(t, status(404, 'NotFound'));
  assert.equal(await cluster.readScale(deployment), undefined);
  assert.equal(await cluster.readElastiService(ref), undefined);
  assert.equal(await cluster.readScaledObject(ref), undefined);
  assert.equal(await cluster.readSecretKey({ ...ref, key: 'key' }), undefined);
  assert.equal(await cluster.readConfigMap(ref), undefined);
  assert.deepEqual(await cluster.listElastiServices({}), []);
});

test('a write to a missing object fails with NOT_FOUND', async (t) => {
  const { cluster } = await setup(t, status(404, 'NotFound'));
  const scaleWrite = cluster.writeScale(deployment, { replicas: 1, resourceVersion: '1' });
  await assert.rejects(scaleWrite, { code: 'NOT_FOUND', message: 'cannot patch scale of Deployment shop/web' });
  await assert.rejects(cluster.writeWakeToken({ ...ref, uid: 'u1' }, 'token'), { code: 'NOT_FOUND' });
  const change = { labels: {}, data: {}, resourceVersion: '1' };
  await assert.rejects(cluster.patchConfigMap(ref, change), { code: 'NOT_FOUND' });
});

test('a wake for an ElastiService with another uid is a CONFLICT', async (t) => {
  // as kube-apiserver 1.36 answers it
  const causes = [{ reason: 'FieldValueInvalid', message: 'field is immutable', field: 'metadata.uid' }];
  const { cluster } = await setup(t, status(422, 'Invalid', { causes }));
  await assert.rejects(cluster.writeWakeToken({ ...ref, uid: 'old' }, 'token'), { code: 'CONFLICT' });
});

test('a wake refused for another field stays INVALID', async (t) => {
  const causes = [{ reason: 'FieldValueTooLong', field: 'metadata.annotations' }];
  const { cluster } = await setup(t, status(422, 'Invalid', { causes }));
  await assert.rejects(cluster.writeWakeToken({ ...ref, uid: 'u1' }, 'token'), { code: 'INVALID' });
});

test('listElastiServices follows the pages', async (t) => {
  const page = (name: string) => ({ ...parent, metadata: { ...parent.metadata, name } });
  const { cluster, received } = await setup(t, ({ url }, response) => {
    const isSecond = url?.includes('continue=more');
    json(200, { metadata: isSecond ? {} : { continue: 'more' }, items: [page(isSecond ? 'b' : 'a')] })(
      received[0] as (typeof received)[0],
      response,
    );
  });
  const names = (await cluster.listElastiServices({})).map(({ metadata }) => metadata.name);
  assert.deepEqual(names, ['a', 'b']);
  assert.deepEqual(
    received.map(({ url }) => url),
    [`${es}/elastiservices?limit=500`, `${es}/elastiservices?limit=500&continue=more`],
  );
});

test('listElastiServices keeps to the watched namespaces', async (t) => {
  const { cluster, received } = await setup(t, json(200, { metadata: {}, items: [parent] }), ['a', 'b']);
  assert.equal((await cluster.listElastiServices({ service: 'web' })).length, 2);
  assert.deepEqual(received.map(({ url }) => url?.split('?')[0]).sort(), [
    `${es}/namespaces/a/elastiservices`,
    `${es}/namespaces/b/elastiservices`,
  ]);
  received.length = 0;
  assert.deepEqual(await cluster.listElastiServices({ namespace: 'c', service: 'web' }), []);
  assert.equal(received.length, 0);
});

test('listElastiServiceUids asks for metadata alone, of all that is watched, page after page', async (t) => {
  const { cluster, received } = await setup(
    t,
    ({ url }, response) => {
      const isMore = url?.includes('/a/') && !url.includes('continue=more');
      const uid = `${url?.includes('/a/') ? 'a' : 'b'}${isMore ? 1 : 2}`;
      const list = { metadata: isMore ? { continue: 'more' } : {}, items: [{ metadata: { uid } }] };
      json(200, list)(received[0] as (typeof received)[0], response);
    },
    ['a', 'b'],
  );
  assert.deepEqual([...(await cluster.listElastiServiceUids())].sort(), ['a1', 'a2', 'b2']);
  for (const { headers } of received) {
    assert.equal(headers.accept, 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1');
  }
  assert.deepEqual(received.map(({ url }) => url).sort(), [
    `${es}/namespaces/a/elastiservices?limit=500`,
    `${es}/namespaces/a/elastiservices?limit=500&continue=more`,
    `${es}/namespaces/b/elastiservices?limit=500`,
  ]);
});

test('no ElastiServices at all come as null from kube-apiserver 1.36, where only metadata is asked for', async (t) => {
  const { cluster } = await setup(t, json(200, { metadata: {}, items: null }));
  assert.deepEqual(await cluster.listElastiServiceUids(), new Set());
});

test('uids of a kind that does not exist are not known, which is not none', async (t) => {
  const { cluster } = await setup(t, status(404, 'NotFound'));
  await assert.rejects(cluster.listElastiServiceUids(), { code: 'NOT_FOUND' });
});

test('an event that exists, or whose namespace is being deleted, is no error', async (t) => {
  const exists = await setup(t, status(409, 'AlreadyExists'));
  await exists.cluster.createEvent(event);
  assert.deepEqual(exists.calls, ['create events CONFLICT']);
  const terminating = await setup(t, status(403, 'Forbidden', { causes: [{ reason: 'NamespaceTerminating' }] }));
  await terminating.cluster.createEvent(event);
  const forbidden = await setup(t, status(403, 'Forbidden'));
  await assert.rejects(forbidden.cluster.createEvent(event), { code: 'FORBIDDEN' });
});

test('ping takes a refusal for an answer, but no failure and no lack of credentials', async (t) => {
  const refused = await setup(t, status(403, 'Forbidden'));
  await refused.cluster.ping();
  const failing = await setup(t, status(500, 'InternalError'));
  await assert.rejects(failing.cluster.ping(), { code: 'SERVER_ERROR' });
  const unknown = await setup(t, status(401, 'Unauthorized'));
  await assert.rejects(unknown.cluster.ping(), { code: 'FORBIDDEN' });
});

test('names are escaped, so that none reaches another path', async (t) => {
  const { cluster, received } = await setup(t, status(404, 'NotFound'));
  await cluster.readScale({ ...deployment, name: '../../secrets/x?y' });
  assert.equal(received[0]?.url, '/apis/apps/v1/namespaces/shop/deployments/..%2F..%2Fsecrets%2Fx%3Fy/scale');
});

test('every call is counted with verb, resource and code', async (t) => {
  const { cluster, calls } = await setup(t, json(200, scale('1', {})));
  await cluster.readScale(deployment);
  await cluster.writeScale(deployment, { replicas: 1, resourceVersion: '1' });
  assert.deepEqual(calls, ['get deployments/scale success', 'patch deployments/scale success']);
  const failing = await setup(t, status(500, 'InternalError'));
  await assert.rejects(failing.cluster.readScale(deployment), KubeApiError);
  assert.deepEqual(failing.calls, ['get deployments/scale SERVER_ERROR']);
});

test('what waits for one cluster holds up no call of another', async (t) => {
  const hanging: ServerResponse[] = [];
  const hangs: Answer = (received, response) => {
    if (received.url === '/version') json(200, {})(received, response);
    else hanging.push(response);
  };
  const { cluster: syncs, origin } = await setup(t, hangs);
  const clock = { now: () => now, monotonicMs: () => performance.now() };
  const wakes = createCluster({ kubeConfig: makeKubeConfig(origin), watchNamespaces: [], clock });
  const reads = Array.from({ length: 200 }, () => syncs.readScale(deployment, { timeoutMs: 60_000 }).catch(() => {}));
  await until('as many hang as may', () => hanging.length === 64);
  await wakes.ping({ timeoutMs: 10_000 });
  assert.equal(hanging.length, 64);
  const answerAll = setInterval(() => {
    for (const response of hanging.splice(0)) json(200, scale('7', {}))({} as Received, response);
  }, 1);
  await Promise.all(reads);
  clearInterval(answerAll);
});
