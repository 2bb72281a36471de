import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { z } from 'zod';
import { makeCertificate } from '../resolver/testing/certificate.ts';
import { until } from '../testing/until.ts';
import { createConnect } from './connection.ts';
import { createCall } from './request.ts';
import { type Answer, json, makeKubeConfig, startStub, status } from './testing/api-server-stub.ts';

const request = { verb: 'get', resource: 'things', what: 'thing a/b', path: '/things/b' } as const;
const Thing = z.looseObject({ size: z.number() });
const monotonicMs = () => performance.now();

function createStubCall(origin: string) {
  return createCall({ connect: createConnect(makeKubeConfig(origin), monotonicMs), monotonicMs });
}

async function setup(t: TestContext, answer: Answer) {
  const stub = await startStub(t, answer);
  return { ...stub, call: createStubCall(stub.origin) };
}

const codes: readonly (readonly [number, string])[] = [
  [301, 'SERVER_ERROR'],
  [400, 'INVALID'],
  [401, 'FORBIDDEN'],
  [403, 'FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [405, 'INVALID'],
  [409, 'CONFLICT'],
  [410, 'UNAVAILABLE'],
  [422, 'INVALID'],
  [429, 'TOO_MANY_REQUESTS'],
  [500, 'SERVER_ERROR'],
  [502, 'SERVER_ERROR'],
  [503, 'UNAVAILABLE'],
  [504, 'TIMEOUT'],
];

for (const [httpStatus, code] of codes) {
  test(`HTTP ${httpStatus} is ${code}`, async (t) => {
    const { call } = await setup(t, status(httpStatus, 'Reason'));
    await assert.rejects(call(request, Thing), { code, status: httpStatus, message: 'cannot get thing a/b' });
  });
}

test('the cause keeps what the server said, and nothing of what we sent', async (t) => {
  const { call } = await setup(t, status(403, 'Forbidden'));
  await assert.rejects(call(request, Thing), (error) => {
    const all = inspect(error, { depth: 9, showHidden: true });
    assert.match(all, /server text of 403/);
    assert.doesNotMatch(all, /kube-token/);
    return true;
  });
});

test('an answer that is no JSON, or lacks what we read, is a SERVER_ERROR', async (t) => {
  const html = await setup(t, (_received, response) => response.end('<html>'));
  await assert.rejects(html.call(request, Thing), { code: 'SERVER_ERROR', message: 'cannot get thing a/b' });
  const other = await setup(t, json(200, { size: 'big' }));
  await assert.rejects(other.call(request, Thing), { code: 'SERVER_ERROR' });
});

test('an error body from something that is no API server is cut and kept', async (t) => {
  const { call } = await setup(t, (_received, response) => response.writeHead(502).end('x'.repeat(5000)));
  await assert.rejects(call(request, Thing), (error: Error) => {
    assert.equal((error.cause as Error).message, `HTTP 502: ${'x'.repeat(200)}`);
    return true;
  });
});

test('a server that never answers is a TIMEOUT', async (t) => {
  const { call } = await setup(t, () => {});
  await assert.rejects(call({ ...request, timeoutMs: 30 }, Thing), { code: 'TIMEOUT' });
});

test('a server that never ends its answer is a TIMEOUT', async (t) => {
  const { call } = await setup(t, (_received, response) => response.writeHead(200).write('{'));
  await assert.rejects(call({ ...request, timeoutMs: 30 }, Thing), { code: 'TIMEOUT' });
});

test('credentials that never come are a TIMEOUT', async () => {
  const call = createCall({ connect: () => new Promise(() => {}), monotonicMs });
  // The timer of the call does not keep the process alive.
  const alive = setInterval(() => {}, 1000);
  await assert.rejects(call({ ...request, timeoutMs: 30 }, Thing), { code: 'TIMEOUT' });
  clearInterval(alive);
});

test('a refused or broken connection is UNAVAILABLE', async (t) => {
  const closed = createServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as AddressInfo;
  closed.close();
  await once(closed, 'close');
  await assert.rejects(createStubCall(`http://127.0.0.1:${port}`)(request, Thing), { code: 'UNAVAILABLE' });
  const broken = await setup(t, (_received, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{');
    response.destroy();
  });
  await assert.rejects(broken.call(request, Thing), { code: 'UNAVAILABLE', message: 'cannot get thing a/b' });
});

test('connections are kept and bounded', async (t) => {
  const { call, connections } = await setup(t, json(200, { size: 1 }));
  await call(request, Thing);
  await call(request, Thing);
  assert.equal(connections(), 1);
  await Promise.all(Array.from({ length: 200 }, () => call(request, Thing)));
  assert.ok(connections() <= 64);
});

test('a server under a path is asked under that path', async (t) => {
  const { origin, received } = await startStub(t, json(200, { size: 1 }));
  await createStubCall(`${origin}/clusters/c-1/`)({ ...request, query: { limit: '5' } }, Thing);
  assert.equal(received[0]?.url, '/clusters/c-1/things/b?limit=5');
});

test('the time that is left until a deadline may be a fraction of a millisecond', async (t) => {
  const { call } = await setup(t, json(200, { size: 1 }));
  assert.deepEqual(await call({ ...request, timeoutMs: 1500.5 }, Thing), { size: 1 });
});

test('an answer is not kept for as long as its connection is', async (t) => {
  const body = JSON.stringify({ size: 1, text: 'x'.repeat(8 * 1024 * 1024) });
  const options = { ...makeCertificate(), keepAliveTimeout: 0 };
  const server = createHttpsServer(options, (_request, response) => void response.end(body));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const call = createStubCall(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  setFlagsFromString('--expose-gc');
  const collectGarbage: () => void = runInNewContext('gc');
  const heldMiB = () => {
    collectGarbage();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return (heapUsed + arrayBuffers) / 1024 ** 2;
  };
  const before = heldMiB();
  await call(request, Thing);
  // Of twice 8 MiB, as bytes and as a text; the server is not done with its own at once.
  await until('the answer is let go', () => heldMiB() - before < 4);
});
