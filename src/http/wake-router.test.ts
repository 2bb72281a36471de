import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import supertest from 'supertest';
import { KubeApiError, UnknownServiceError } from '../errors.ts';
import { createServerApp, type ServerAppDeps } from './app-server.ts';
import { createGate } from './gate.ts';
import { listen } from './listen.ts';

const PATH = '/informer/incoming-request';
const good = { count: 1, svc: 'web', namespace: 'shop' };

async function setup(t: TestContext, overrides: Partial<ServerAppDeps> = {}) {
  const wakes: unknown[] = [];
  const reports: unknown[][] = [];
  const lines: { level: string; fields: object; message: string }[] = [];
  const logAt = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const gate = createGate({ maxInFlight: 1_000, random: () => 0 });
  const app = createServerApp({
    wake: async (ref) => void wakes.push(ref),
    listElastiServices: async () => [],
    metricsText: async () => ({ contentType: 'text/plain', body: [] }),
    isReady: async () => ({ ready: true, reason: '' }),
    gate,
    monotonicMs: () => 0,
    log: { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') },
    report: (...args) => void reports.push(args),
    ...overrides,
  });
  const server = await listen(app, { port: 0, host: '127.0.0.1' });
  t.after(() => server.close(0));
  const client = supertest(`http://127.0.0.1:${server.port}`);
  const post = (body: unknown) =>
    client
      .post(PATH)
      .type('json')
      .send(typeof body === 'string' ? body : JSON.stringify(body));
  return { client, post, gate, wakes, reports, lines };
}

test('what the resolver sends wakes the service', async (t) => {
  const { post, wakes, reports, lines } = await setup(t);
  const { body } = await post('{"count":1,"svc":"web","namespace":"shop"}').expect(200);
  assert.deepEqual(body, { message: 'Request received successfully!' });
  assert.deepEqual(wakes, [{ namespace: 'shop', service: 'web' }]);
  assert.deepEqual([reports, lines], [[], []]);
});

test('the answer waits until the wake is recorded', async (t) => {
  const recorded = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  const { post } = await setup(t, {
    wake: () => {
      asked.resolve();
      return recorded.promise;
    },
  });
  let isAnswered = false;
  const answer = post(good).then((response) => {
    isAnswered = true;
    return response;
  });
  await asked.promise;
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(isAnswered, false);
  recorded.resolve();
  assert.equal((await answer).status, 200);
});

for (const body of [
  { svc: 'web', namespace: 'shop' },
  { ...good, count: 1_000 },
  { ...good, more: { than: 'we know' } },
  { ...good, svc: '0' },
  { ...good, svc: 'a'.repeat(63), namespace: 'b'.repeat(63) },
]) {
  test(`good: ${JSON.stringify(body)}`, async (t) => {
    const { post, wakes } = await setup(t);
    await post(body).expect(200);
    assert.equal(wakes.length, 1);
  });
}

for (const [body, path] of [
  [{ ...good, count: 0 }, 'count'],
  [{ ...good, count: 1.5 }, 'count'],
  [{ ...good, count: '1' }, 'count'],
  [{ ...good, count: null }, 'count'],
  [{ namespace: 'shop' }, 'svc'],
  [{ svc: 'web' }, 'namespace'],
  [{ ...good, svc: '' }, 'svc'],
  [{ ...good, svc: 7 }, 'svc'],
  [{ ...good, svc: ['web'] }, 'svc'],
  [{ ...good, svc: 'Web' }, 'svc'],
  [{ ...good, svc: '-web' }, 'svc'],
  [{ ...good, svc: 'web-' }, 'svc'],
  [{ ...good, svc: 'web.shop' }, 'svc'],
  [{ ...good, svc: '../web' }, 'svc'],
  [{ ...good, svc: 'web\n' }, 'svc'],
  [{ ...good, svc: 'a'.repeat(64) }, 'svc'],
  [{ ...good, namespace: 'shop/x' }, 'namespace'],
  [{ ...good, namespace: 'n'.repeat(64) }, 'namespace'],
  [[], 'body'],
  ['"web"', 'body'],
  ['null', 'body'],
] as const) {
  test(`400 naming ${path}: ${JSON.stringify(body)}`, async (t) => {
    const { post, wakes, reports } = await setup(t);
    const { body: answer } = await post(body).expect(400);
    assert.equal(answer.code, 'INVALID_REQUEST');
    assert.ok(answer.message.startsWith(`${path}: `), answer.message);
    assert.deepEqual([wakes, reports], [[], []]);
  });
}

for (const text of ['', '{', '{"count":1,', 'svc=web']) {
  test(`400: ${JSON.stringify(text)} is not JSON`, async (t) => {
    const { post, wakes, reports } = await setup(t);
    assert.equal((await post(text).expect(400)).body.code, 'INVALID_REQUEST');
    assert.deepEqual([wakes, reports], [[], []]);
  });
}

test('a __proto__ key neither fills in a field nor changes one', async (t) => {
  const { post, wakes } = await setup(t);
  await post('{"__proto__":{"svc":"web","namespace":"shop"}}').expect(400);
  await post('{"svc":"web","namespace":"shop","__proto__":{"svc":"evil"}}').expect(200);
  assert.deepEqual(wakes, [{ namespace: 'shop', service: 'web' }]);
});

test('just 16 KiB is read, one byte more and 1 MiB are 413', async (t) => {
  const { post, wakes } = await setup(t);
  const padded = (size: number) => JSON.stringify(good).padEnd(size, ' ');
  await post(padded(16_384)).expect(200);
  assert.equal((await post(padded(16_385)).expect(413)).body.code, 'TOO_LARGE');
  assert.equal((await post(padded(1024 * 1024)).expect(413)).body.code, 'TOO_LARGE');
  assert.equal(wakes.length, 1);
});

for (const method of ['get', 'put', 'delete', 'patch', 'options', 'head'] as const) {
  test(`${method} is 405`, async (t) => {
    const { client, wakes } = await setup(t);
    const { body } = await client[method](PATH).expect(405).expect('Allow', 'POST');
    if (method !== 'head') assert.equal(body.code, 'METHOD_NOT_ALLOWED');
    assert.deepEqual(wakes, []);
  });
}

test('an unknown service is 404 and no alarm', async (t) => {
  const { post, reports, lines } = await setup(t, {
    wake: () => Promise.reject(new UnknownServiceError('no ElastiService for Service shop/web')),
  });
  const { body } = await post(good).expect(404);
  assert.deepEqual(body, { code: 'UNKNOWN_SERVICE', message: 'no ElastiService for Service shop/web' });
  assert.deepEqual(reports, []);
  const about = { route: PATH, namespace: 'shop', name: 'web' };
  assert.deepEqual(lines, [
    { level: 'info', fields: { ...about, status: 404, code: 'UNKNOWN_SERVICE' }, message: body.message },
  ]);
});

test('a wake that could not be recorded is 502 without its cause, for the caller to retry', async (t) => {
  const error = new KubeApiError('UNAVAILABLE', 'cannot write wake token of ElastiService shop/web', {
    cause: new Error('connect ECONNREFUSED https://hush@10.0.0.1'),
  });
  const { post, reports, lines } = await setup(t, { wake: () => Promise.reject(error) });
  const response = await post(good).expect(502);
  assert.deepEqual(response.body, { code: 'UNAVAILABLE', message: error.message });
  assert.doesNotMatch(JSON.stringify(response.headers), /hush/);
  assert.deepEqual(reports, []);
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn'],
  );
});

test('a bug is 500, reported whole and not told', async (t) => {
  const bug = new TypeError('hush');
  const { post, reports } = await setup(t, { wake: () => Promise.reject(bug) });
  const { body } = await post(good).expect(500);
  assert.deepEqual(body, { code: 'INTERNAL', message: 'internal error' });
  assert.deepEqual(reports, [[bug, { route: PATH, namespace: 'shop', name: 'web' }]]);
});

test('too many wakes at once: 429 with whole seconds to wait', async (t) => {
  const { post, wakes } = await setup(t, { gate: createGate({ maxInFlight: 0, random: () => 0 }) });
  const { body } = await post(good).expect(429).expect('Retry-After', '1');
  assert.equal(body.code, 'OVERLOADED');
  assert.deepEqual(wakes, []);
});

test('a wake that arrives while shutting down is served, and its connection ends', async (t) => {
  const { post, gate, wakes } = await setup(t);
  await post(good).set('Connection', 'keep-alive').expect(200).expect('Connection', 'keep-alive');
  gate.shutDown();
  await post(good).set('Connection', 'keep-alive').expect(200).expect('Connection', 'close');
  assert.equal(wakes.length, 2);
});
