import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import supertest from 'supertest';
import { createMetricsApp, createServerApp, type ServerAppDeps } from './app-server.ts';
import { createGate } from './gate.ts';
import { listen } from './listen.ts';

async function setup(
  t: TestContext,
  overrides: Partial<ServerAppDeps> = {},
  make: (deps: ServerAppDeps) => ReturnType<typeof createServerApp> = createServerApp,
) {
  const reports: unknown[] = [];
  const gate = createGate({ maxInFlight: 0, random: () => 0 });
  const quiet = () => {};
  const app = make({
    wake: async () => assert.fail('woke'),
    listElastiServices: async () => assert.fail('listed'),
    metricsText: async () => ({ contentType: 'text/plain; version=0.0.4', body: [Buffer.from('elasti_up 1 # é\n')] }),
    isReady: async () => ({ ready: true, reason: '' }),
    gate,
    monotonicMs: () => 0,
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    report: (error) => void reports.push(error),
    ...overrides,
  });
  const server = await listen(app, { port: 0, host: '127.0.0.1' });
  t.after(() => server.close(0));
  return { client: supertest(`http://127.0.0.1:${server.port}`), port: server.port, gate, reports };
}

test('/metrics is the text as it is, with its own content type', async (t) => {
  const { client } = await setup(t);
  const { text } = await client.get('/metrics').expect(200).expect('Content-Type', 'text/plain; version=0.0.4');
  assert.equal(text, 'elasti_up 1 # é\n');
});

test('a client that takes nothing holds back the making of further parts, and ends it when it goes', async (t) => {
  let made = 0;
  const ended = Promise.withResolvers<void>();
  async function* parts() {
    try {
      for (; made < 1000; made++) yield Buffer.alloc(1024 * 1024);
    } finally {
      ended.resolve();
    }
  }
  const { port } = await setup(t, { metricsText: async () => ({ contentType: 'text/plain', body: parts() }) });
  const socket = connect(port, '127.0.0.1');
  socket.write('GET /metrics HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await once(socket, 'readable');
  for (let before = -1; before !== made; await sleep(50)) before = made;
  socket.destroy();
  await ended.promise;
  assert.ok(made < 100, `${made} parts`);
});

test('with a port of their own the metrics are there alone, and nothing else is', async (t) => {
  const { client: server } = await setup(t, {}, (deps) => createServerApp(deps, { withoutMetrics: true }));
  await server.get('/metrics').expect(404);
  await server.get('/healthz').expect(200);
  const { client: metrics } = await setup(t, {}, createMetricsApp);
  await metrics.get('/metrics').expect(200);
  await metrics.post('/metrics').expect(405);
  for (const path of ['/healthz', '/readyz', '/crd-cache']) await metrics.get(path).expect(404);
  await metrics.post('/informer/incoming-request').send({ count: 1, svc: 'web', namespace: 'shop' }).expect(404);
});

test('/healthz is ok while the process lives: full, shutting down or not ready', async (t) => {
  const { client, gate } = await setup(t, { isReady: async () => ({ ready: false, reason: 'ApiServerUnreachable' }) });
  gate.shutDown();
  const { body } = await client.get('/healthz').expect(200);
  assert.deepEqual(body, { status: 'ok' });
});

test('/readyz says what isReady decides', async (t) => {
  let ready = true;
  const { client } = await setup(t, { isReady: async () => ({ ready, reason: 'ApiServerUnreachable' }) });
  assert.deepEqual((await client.get('/readyz').expect(200)).body, { status: 'ok' });
  ready = false;
  const { body } = await client.get('/readyz').expect(503);
  assert.deepEqual(body, { status: 'not ready', reason: 'ApiServerUnreachable' });
});

test('/readyz is not ready while shutting down, without asking', async (t) => {
  const { client, gate } = await setup(t, { isReady: async () => assert.fail('asked') });
  gate.shutDown();
  const { body } = await client.get('/readyz').expect(503);
  assert.deepEqual(body, { status: 'not ready', reason: 'shutting down' });
});

test('isReady or metricsText that throw are bugs', async (t) => {
  const bug = new Error('hush');
  const { client, reports } = await setup(t, {
    isReady: () => Promise.reject(bug),
    metricsText: () => Promise.reject(bug),
  });
  for (const path of ['/readyz', '/metrics']) {
    const { body } = await client.get(path).expect(500);
    assert.deepEqual(body, { code: 'INTERNAL', message: 'internal error' });
  }
  assert.deepEqual(reports, [bug, bug]);
});

for (const path of ['/metrics', '/healthz', '/readyz', '/crd-cache']) {
  test(`${path} is for reading only`, async (t) => {
    const { client, reports } = await setup(t, { listElastiServices: async () => [] });
    await client.head(path).expect(200);
    for (const method of ['post', 'put', 'delete', 'options'] as const) {
      const { body } = await client[method](path).expect(405).expect('Allow', 'GET, HEAD');
      assert.equal(body.code, 'METHOD_NOT_ALLOWED');
    }
    assert.deepEqual(reports, []);
  });
}

test('unknown paths and the hooks are 404 here', async (t) => {
  const { client } = await setup(t);
  for (const path of ['/', '/sync', '/informer', '/healthz/x']) {
    assert.equal((await client.post(path).expect(404)).body.code, 'NOT_FOUND');
  }
});
