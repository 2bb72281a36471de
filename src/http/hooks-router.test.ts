import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import supertest from 'supertest';
import type { FinalizeResponse, SyncResponse } from '../api/hooks.ts';
import { InvalidRequestError, KubeApiError, UnknownServiceError } from '../errors.ts';
import { createHooksApp, type HooksAppDeps } from './app-hooks.ts';
import { createGate } from './gate.ts';
import { listen } from './listen.ts';

const MIB = 1024 * 1024;

const parent = {
  apiVersion: 'elasti.truefoundry.com/v1alpha1',
  kind: 'ElastiService',
  metadata: { name: 'web', namespace: 'shop', uid: 'u1', generation: 3 },
  spec: { service: 'web' },
};
const syncBody = { controller: {}, parent, children: { 'Service.v1': {} }, related: {}, finalizing: false };
const customizeBody = { controller: {}, parent };
const synced: SyncResponse = {
  status: { phase: 'Serving', note: 'à 2 €' },
  children: [{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web-pvt', namespace: 'shop' } }],
  resyncAfterSeconds: 30,
};
const finalized: FinalizeResponse = { ...synced, children: [], finalized: true };
const customized = {
  relatedResources: [{ apiVersion: 'v1', resource: 'services', namespace: 'shop', names: ['web'] }],
};
const HOOKS = [
  { path: '/sync', good: syncBody },
  { path: '/finalize', good: syncBody },
  { path: '/customize', good: customizeBody },
] as const;

async function setup(t: TestContext, overrides: Partial<HooksAppDeps> = {}) {
  const calls: unknown[][] = [];
  const reports: unknown[][] = [];
  const lines: { level: string; fields: object; message: string }[] = [];
  const requests: [string, number][] = [];
  const logAt = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const record =
    <T>(name: string, answer: T) =>
    (...args: unknown[]) => {
      calls.push([name, ...args]);
      return answer;
    };
  const gate = createGate({ maxInFlight: 200, random: () => 0.5 });
  const answered = Promise.withResolvers<void>();
  const app = createHooksApp({
    sync: record('sync', Promise.resolve(synced)),
    finalize: record('finalize', Promise.resolve(finalized)),
    customize: record('customize', customized),
    tokens: () => [],
    gate,
    monotonicMs: () => 42,
    log: { debug: logAt('debug'), info: logAt('info'), warn: logAt('warn'), error: logAt('error') },
    report: (...args) => void reports.push(args),
    onRequest: (route, code) => {
      requests.push([route, code]);
      answered.resolve();
    },
    ...overrides,
  });
  const server = await listen(app, { port: 0, host: '127.0.0.1' });
  t.after(() => server.close(0));
  return {
    client: supertest(`http://127.0.0.1:${server.port}`),
    port: server.port,
    gate: overrides.gate ?? gate,
    firstAnswered: answered.promise,
    calls,
    reports,
    lines,
    requests,
  };
}

async function until(isTrue: () => boolean) {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

/** A request that was turned down leaves no trace beyond one line in the log that is nobody's alarm. */
function assertSilent({ calls, reports, lines }: Awaited<ReturnType<typeof setup>>) {
  assert.deepEqual(calls, []);
  assert.deepEqual(reports, []);
  assert.equal(lines.length, 1);
  assert.match(lines[0]?.level ?? '', /^(info|debug)$/);
}

for (const [path, body, answer] of [
  ['/sync', syncBody, synced],
  ['/finalize', { ...syncBody, finalizing: true }, finalized],
] as const) {
  test(`${path} hands the body and its arrival on and answers with what comes back`, async (t) => {
    const { client, calls, reports, lines } = await setup(t);
    const response = await client
      .post(path)
      .send(body)
      .expect(200)
      .expect('Content-Type', /^application\/json/);
    assert.deepEqual(response.body, answer);
    // All of it but the controller, which nobody reads.
    const { controller: _, ...read } = body as Record<string, unknown>;
    assert.deepEqual(calls, [[path.slice(1), read, 42]]);
    assert.deepEqual([reports, lines], [[], []]);
  });
}

test('/customize hands the body on and answers with what comes back', async (t) => {
  const { client, calls } = await setup(t);
  const response = await client.post('/customize').send(customizeBody).expect(200);
  assert.deepEqual(response.body, customized);
  assert.equal((calls[0] as unknown[])[0], 'customize');
});

test('answers say nothing of the server and carry no ETag', async (t) => {
  const { client } = await setup(t);
  const { headers } = await client.post('/sync').send(syncBody).expect(200);
  assert.equal(headers['x-powered-by'], undefined);
  assert.equal(headers.etag, undefined);
});

test('effects never go on the wire', async (t) => {
  const effects = { scalePatches: [{ kind: 'wake' }], events: [{ reason: 'Woken' }] };
  const { client } = await setup(t, {
    sync: async () => ({ ...synced, ...effects, finalized: true }),
    finalize: async () => ({ ...finalized, ...effects }),
    customize: () => ({ ...customized, ...effects }),
  });
  const keysOf = async (path: string, body: object) => Object.keys((await client.post(path).send(body)).body).sort();
  assert.deepEqual(await keysOf('/sync', syncBody), ['children', 'resyncAfterSeconds', 'status']);
  assert.deepEqual(await keysOf('/finalize', syncBody), ['children', 'finalized', 'resyncAfterSeconds', 'status']);
  assert.deepEqual(await keysOf('/customize', customizeBody), ['relatedResources']);
});

for (const { path, good } of HOOKS) {
  test(`${path}: malformed JSON is 400`, async (t) => {
    const room = await setup(t);
    const { body } = await room.client.post(path).type('json').send('{"parent":').expect(400);
    assert.equal(body.code, 'INVALID_REQUEST');
    assertSilent(room);
  });

  test(`${path}: a field of the wrong type is 400 and named`, async (t) => {
    const room = await setup(t);
    const wrong = { ...good, parent: { ...parent, metadata: { ...parent.metadata, uid: 7 } } };
    const { body } = await room.client.post(path).send(wrong).expect(400);
    assert.equal(body.code, 'INVALID_REQUEST');
    assert.match(body.message, /^parent\.metadata\.uid: /);
    assertSilent(room);
  });

  for (const method of ['get', 'put', 'delete', 'patch', 'options', 'head'] as const) {
    test(`${path}: ${method} is 405`, async (t) => {
      const room = await setup(t);
      const { body } = await room.client[method](path).expect(405).expect('Allow', 'POST');
      if (method !== 'head') assert.equal(body.code, 'METHOD_NOT_ALLOWED');
      assertSilent(room);
    });
  }

  test(`${path}: a form is 415`, async (t) => {
    const room = await setup(t);
    const { body } = await room.client.post(path).type('form').send('a=1').expect(415);
    assert.equal(body.code, 'UNSUPPORTED_MEDIA_TYPE');
    assertSilent(room);
  });

  test(`${path}: more than 16 MiB is 413`, async (t) => {
    const room = await setup(t);
    const tooLong = JSON.stringify(good).padEnd(16 * MIB + 1, ' ');
    const { body } = await room.client.post(path).type('json').send(tooLong).expect(413);
    assert.equal(body.code, 'TOO_LARGE');
    assertSilent(room);
  });

  for (const authorization of [undefined, 'Bearer wrong', 'Basic right']) {
    test(`${path}: ${authorization ?? 'no'} authorization is 401`, async (t) => {
      const room = await setup(t, { tokens: () => ['right'] });
      const post = room.client.post(path).send(good);
      if (authorization !== undefined) post.set('Authorization', authorization);
      const { body } = await post.expect(401).expect('WWW-Authenticate', 'Bearer');
      assert.equal(body.code, 'UNAUTHENTICATED');
      assertSilent(room);
    });
  }

  test(`${path}: overloaded is 429 with whole seconds to wait`, async (t) => {
    const room = await setup(t, { gate: createGate({ maxInFlight: 0, random: () => 0.5 }) });
    const { body } = await room.client.post(path).send(good).expect(429).expect('Retry-After', '3');
    assert.equal(body.code, 'OVERLOADED');
    assertSilent(room);
  });

  test(`${path}: shutting down is 429 and ends the connection`, async (t) => {
    const room = await setup(t);
    room.gate.shutDown();
    const post = room.client.post(path).set('Connection', 'keep-alive').send(good);
    const { body } = await post.expect(429).expect('Retry-After', '3').expect('Connection', 'close');
    assert.equal(body.code, 'SHUTTING_DOWN');
    assertSilent(room);
  });
}

test('1 MiB and just 16 MiB are read', async (t) => {
  const { client } = await setup(t);
  for (const size of [MIB, 16 * MIB]) {
    await client.post('/sync').type('json').send(JSON.stringify(syncBody).padEnd(size, ' ')).expect(200);
  }
});

test('unknown paths are 404', async (t) => {
  for (const path of ['/', '/sync/more', '/metrics', '/%E0%A4%A', '//sync', '/informer/incoming-request']) {
    const room = await setup(t);
    const { body } = await room.client.post(path).send(syncBody).expect(404);
    assert.equal(body.code, 'NOT_FOUND');
    assertSilent(room);
  }
});

test('a rotated token is picked up without a restart', async (t) => {
  let tokens = ['old'];
  const { client } = await setup(t, { tokens: () => tokens });
  const post = (token: string) => client.post('/sync').set('Authorization', `Bearer ${token}`).send(syncBody);
  await post('old').expect(200);
  tokens = ['new'];
  await post('old').expect(401);
  await post('new').expect(200);
});

test('a __proto__ key passes without effect', async (t) => {
  const { client, calls } = await setup(t);
  const evil = JSON.stringify(syncBody).replace('{', '{"__proto__":{"finalizing":"evil"},');
  await client.post('/sync').type('json').send(evil).expect(200);
  const [, body] = calls[0] as [string, object];
  assert.equal(Object.getPrototypeOf(body), Object.prototype);
  assert.equal(({} as { finalizing?: unknown }).finalizing, undefined);
});

for (const [what, error] of [
  ['a bug', new Error('hush', { cause: new Error('hush') })],
  ['a KubeApiError', new KubeApiError('TIMEOUT', 'hush', { cause: 'hush' })],
  ['what is no error', 'hush'],
] as const) {
  test(`${what} in sync is 500 without a word of it, and reported whole`, async (t) => {
    const { client, reports, lines } = await setup(t, { sync: () => Promise.reject(error) });
    const response = await client.post('/sync').send(syncBody).expect(500);
    assert.deepEqual(response.body, { code: 'INTERNAL', message: 'internal error' });
    assert.doesNotMatch(JSON.stringify(response.headers), /hush/);
    const about = { route: '/sync', namespace: 'shop', name: 'web' };
    assert.deepEqual(reports, [[error, about]]);
    assert.deepEqual(lines, [
      { level: 'error', fields: { ...about, status: 500, code: 'INTERNAL', err: error }, message: 'request failed' },
    ]);
  });
}

test('an answer that is no JSON is a bug', async (t) => {
  const { client, reports } = await setup(t, { sync: async () => ({ ...synced, status: { big: 1n } }) });
  const { body } = await client.post('/sync').send(syncBody).expect(500);
  assert.equal(body.code, 'INTERNAL');
  assert.equal(reports.length, 1);
});

test('customize that throws is 500', async (t) => {
  const bug = new TypeError('no');
  const { client, reports } = await setup(t, {
    customize: () => {
      throw bug;
    },
  });
  await client.post('/customize').send(customizeBody).expect(500);
  assert.equal(reports[0]?.[0], bug);
});

for (const [error, status] of [
  [new InvalidRequestError('x'.repeat(1_000)), 400],
  [new UnknownServiceError('no ElastiService'), 404],
] as const) {
  test(`${error.name} is ${status} with a short message, and nobody is told`, async (t) => {
    const { client, reports } = await setup(t, { finalize: () => Promise.reject(error) });
    const { body } = await client.post('/finalize').send(syncBody).expect(status);
    assert.equal(body.code, error.code);
    assert.ok(body.message.length <= 200);
    assert.deepEqual(reports, []);
  });
}

test('every request that reached a route is counted once with its code', async (t) => {
  const { client, requests } = await setup(t);
  await client.post('/sync').send(syncBody).expect(200);
  await client.post('/finalize').type('json').send('{').expect(400);
  await client.post('/nowhere').expect(404);
  assert.deepEqual(requests, [
    ['/sync', 200],
    ['/finalize', 400],
  ]);
});

test('a client that goes away while we work: the work goes on and keeps its place until it ends', {
  timeout: 10_000,
}, async (t) => {
  const started = Promise.withResolvers<void>();
  const work = Promise.withResolvers<SyncResponse>();
  const { port, gate, requests, reports, firstAnswered } = await setup(t, {
    sync: () => {
      started.resolve();
      return work.promise;
    },
  });
  const text = JSON.stringify(syncBody);
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST /sync HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${text.length}\r\n\r\n${text}`,
  );
  await started.promise;
  socket.destroy();
  await firstAnswered;
  assert.deepEqual(requests, [['/sync', 499]]);
  assert.equal(gate.inFlight(), 1);
  work.resolve(synced);
  await until(() => gate.inFlight() === 0);
  assert.deepEqual(reports, []);
});

test('a client that goes away within its body gives its place back and is no alarm', { timeout: 10_000 }, async (t) => {
  const room = await setup(t);
  const socket = connect(room.port, '127.0.0.1');
  socket.write('POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"parent":');
  await once(socket, 'connect');
  socket.end();
  await until(() => room.lines.length === 1);
  assert.equal(room.gate.inFlight(), 0);
  assertSilent(room);
});
