import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import supertest from 'supertest';
import type { Parent } from '../api/hooks.ts';
import { KubeApiError } from '../errors.ts';
import { createServerApp } from './app-server.ts';
import { createCrdCache, makeCrdCache } from './crd-cache.ts';
import { createGate } from './gate.ts';
import { listen } from './listen.ts';

const SECRETS = /hush|password|Authorization|X-Scope|10\.9\.8\.7|tenant_query/;

const spec = {
  service: 'web',
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
  minTargetReplicas: 2,
  cooldownPeriod: 300,
  autoscaler: { type: 'keda', name: 'web' },
  enabledPeriod: { schedule: '0 8 * * *', duration: '8h' },
  probeResponse: [{ path: { type: 'Exact', value: '/healthz' }, response: { status: 200, body: 'ok' } }],
};
const secretTrigger = {
  type: 'prometheus',
  metadata: {
    query: 'tenant_query{token="hush"}',
    serverAddress: 'https://user:password@10.9.8.7:9090',
    threshold: '1',
    headers: { Authorization: 'Bearer hush' },
    secretHeaders: { 'X-Scope': { name: 'hush-secret', key: 'token' } },
  },
};

function makeParent(
  metadata: Partial<Parent['metadata']>,
  overrides: { spec?: unknown; status?: unknown } = {},
): Parent {
  return {
    metadata: {
      name: 'web',
      namespace: 'shop',
      uid: 'u1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    spec: { ...spec, triggers: [secretTrigger] },
    status: { mode: 'proxy', lastScaledUpTime: '2026-01-02T00:00:00Z' },
    ...overrides,
  };
}

test('spec and status are shown, of a trigger only its type', () => {
  assert.deepEqual(makeCrdCache([makeParent({})]), {
    services: {
      'shop/web': {
        name: 'web',
        spec: { ...spec, triggers: [{ type: 'prometheus', metadata: {} }] },
        status: { mode: 'proxy', lastScaledUpTime: '2026-01-02T00:00:00Z' },
      },
    },
  });
});

test('nothing secret is in it, wherever in the object it stands', () => {
  const parent = makeParent(
    { annotations: { note: 'hush' }, labels: { team: 'hush' }, managedFields: [{ hush: 'hush' }] },
    {
      spec: {
        ...spec,
        triggers: [secretTrigger, { type: 'prometheus', headers: { Authorization: 'hush' }, metadata: 'hush' }, 'hush'],
        headers: { Authorization: 'hush' },
        unknownField: 'hush',
      },
    },
  );
  assert.doesNotMatch(JSON.stringify(makeCrdCache([parent])), SECRETS);
});

test('services are sorted by namespace and name', () => {
  const parents = [
    makeParent({ namespace: 'shop' }, { spec: { service: 'b' } }),
    makeParent({ namespace: 'shop' }, { spec: { service: 'a' } }),
    makeParent({ namespace: 'bank' }, { spec: { service: 'z' } }),
  ];
  assert.deepEqual(Object.keys(makeCrdCache(parents).services), ['bank/z', 'shop/a', 'shop/b']);
});

for (const [what, older, younger] of [
  ['created first', { creationTimestamp: '2026-01-01T00:00:00Z', uid: 'z' }, { uid: 'a' }],
  ['of the lower uid', { creationTimestamp: '2026-01-01T00:00:01Z', uid: 'a' }, { uid: 'b' }],
] as const) {
  test(`of two on one Service the one ${what} is shown, in whatever order they come`, () => {
    const first = makeParent({ ...older, name: 'older' });
    const second = makeParent({ creationTimestamp: '2026-01-01T00:00:01Z', ...younger, name: 'younger' });
    assert.equal(makeCrdCache([first, second]).services['shop/web']?.name, 'older');
    assert.equal(makeCrdCache([second, first]).services['shop/web']?.name, 'older');
  });
}

test('same names in two namespaces are two services', () => {
  const services = makeCrdCache([makeParent({}), makeParent({ namespace: 'bank' })]).services;
  assert.deepEqual(Object.keys(services), ['bank/web', 'shop/web']);
});

test('one without a status, triggers or a Service does no harm to the others', () => {
  const bare = makeParent({ namespace: 'a' }, { spec: { service: 'bare' }, status: undefined });
  const broken = [null, 'text', {}, { service: 7 }].map((brokenSpec) => makeParent({}, { spec: brokenSpec }));
  assert.deepEqual(makeCrdCache([...broken, bare]), {
    services: { 'a/bare': { name: 'web', spec: { service: 'bare', triggers: [] }, status: {} } },
  });
});

/** A cache over a list that fails as long as `error` is set, on a clock set by hand. */
function setup() {
  const world = { nowMs: 0, error: undefined as Error | undefined, parents: [makeParent({})], lists: 0 };
  const warnings: object[] = [];
  const quiet = () => {};
  const read = createCrdCache({
    listElastiServices: async () => {
      world.lists++;
      if (world.error !== undefined) throw world.error;
      return world.parents;
    },
    monotonicMs: () => world.nowMs,
    log: { debug: quiet, info: quiet, warn: (fields) => void warnings.push(fields), error: quiet },
  });
  const readNames = async () => Object.keys(JSON.parse((await read()).toString()).services);
  return { world, warnings, read, readNames };
}

test('a list serves for 5 s', async () => {
  const { world, readNames } = setup();
  assert.deepEqual(await readNames(), ['shop/web']);
  world.parents = [];
  world.nowMs = 4_999;
  assert.deepEqual(await readNames(), ['shop/web']);
  assert.equal(world.lists, 1);
  world.nowMs = 5_000;
  assert.deepEqual(await readNames(), []);
  assert.equal(world.lists, 2);
});

test('readers at the same time share one list, later ones make their own', async () => {
  const { world, read } = setup();
  await Promise.all([read(), read(), read()]);
  assert.equal(world.lists, 1);
  world.nowMs = 5_000;
  await Promise.all([read(), read()]);
  assert.equal(world.lists, 2);
});

test('while the API server is down the last list serves for 5 min, then the error shows', async () => {
  const { world, warnings, read, readNames } = setup();
  await read();
  world.error = new KubeApiError('UNAVAILABLE', 'cannot list ElastiServices');
  world.nowMs = 299_999;
  assert.deepEqual(await readNames(), ['shop/web']);
  assert.equal(warnings.length, 1);
  world.nowMs = 300_000;
  await assert.rejects(read(), world.error);
  world.error = undefined;
  assert.deepEqual(await readNames(), ['shop/web']);
});

test('without any list the error shows at once, and the next reader tries again', async () => {
  const { world, read, readNames } = setup();
  world.error = new KubeApiError('TIMEOUT', 'cannot list ElastiServices');
  await assert.rejects(read(), world.error);
  world.error = undefined;
  assert.deepEqual(await readNames(), ['shop/web']);
});

test('a bug is not papered over with the last list', async () => {
  const { world, read } = setup();
  await read();
  world.nowMs = 5_000;
  world.error = new TypeError('bug');
  await assert.rejects(read(), world.error);
});

async function setupApp(t: TestContext, listElastiServices: () => Promise<readonly Parent[]>) {
  const reports: unknown[] = [];
  const quiet = () => {};
  const app = createServerApp({
    wake: async () => assert.fail('woke'),
    listElastiServices,
    metricsText: async () => assert.fail('metrics'),
    isReady: async () => assert.fail('ready'),
    gate: createGate({ maxInFlight: 1, random: () => 0 }),
    monotonicMs: () => 0,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    report: (error) => void reports.push(error),
  });
  const server = await listen(app, { port: 0, host: '127.0.0.1' });
  t.after(() => server.close(0));
  return { client: supertest(`http://127.0.0.1:${server.port}`), reports };
}

test('GET /crd-cache answers with JSON, redacted', async (t) => {
  const { client } = await setupApp(t, async () => [makeParent({})]);
  const { body, text } = await client
    .get('/crd-cache')
    .expect(200)
    .expect('Content-Type', /^application\/json/);
  assert.deepEqual(body, makeCrdCache([makeParent({})]));
  assert.doesNotMatch(text, SECRETS);
});

test('GET /crd-cache is 502 while there is nothing to show', async (t) => {
  const { client, reports } = await setupApp(t, () =>
    Promise.reject(new KubeApiError('FORBIDDEN', 'cannot list ElastiServices', { cause: 'hush' })),
  );
  const { body } = await client.get('/crd-cache').expect(502);
  assert.deepEqual(body, { code: 'FORBIDDEN', message: 'cannot list ElastiServices' });
  assert.deepEqual(reports, []);
});
