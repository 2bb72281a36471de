import assert from 'node:assert/strict';
import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { createHookClient, TooManyRequestsError } from './hook-client.ts';

async function setup(context: TestContext, listener: RequestListener, endpoint: { authorization?: string } = {}) {
  const server = http.createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sync`;
  return createHookClient({ url, timeoutMs: 150, ...endpoint });
}

test('posts JSON with little else in the header and returns the body of a 200', async (context) => {
  let seen: Partial<IncomingMessage> = {};
  let body = '';
  const call = await setup(context, async (request, response) => {
    seen = request;
    body = await text(request);
    response.end('{"children":[]}');
  });
  assert.equal(await call({ parent: 'ä' }), '{"children":[]}');
  assert.equal(seen.method, 'POST');
  assert.equal(body, '{"parent":"ä"}');
  const names = Object.keys(seen.headers ?? {}).sort();
  assert.deepEqual(names, ['accept-encoding', 'connection', 'content-length', 'content-type', 'host']);
  assert.equal(seen.headers?.['content-type'], 'application/json');
});

test('sends the authorization of the endpoint', async (context) => {
  const listener: RequestListener = (request, response) => response.end(request.headers.authorization);
  const call = await setup(context, listener, { authorization: 'Bearer s3cret' });
  assert.equal(await call({}), 'Bearer s3cret');
});

test('reads a gzipped answer', async (context) => {
  const call = await setup(context, (_request, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync('{}'));
  });
  assert.equal(await call({}), '{}');
});

for (const status of [201, 204, 302, 400, 500]) {
  test(`${status} is an error with the body`, async (context) => {
    const call = await setup(context, (_request, response) => response.writeHead(status).end('because'));
    await assert.rejects(call({}), new RegExp(`unsupported status code: ${status} body:`));
  });
}

test('429 tells when to come again', async (context) => {
  const call = await setup(context, (_request, response) => response.writeHead(429, { 'retry-after': '2' }).end());
  await assert.rejects(call({}), (error) => error instanceof TooManyRequestsError && error.retryAfterMs === 2000);
});

test('a redirect is followed, without the body', async (context) => {
  const call = await setup(context, (request, response) => {
    if (request.url === '/sync') response.writeHead(302, { location: '/elsewhere' }).end();
    else response.end(`${request.method} ${request.url}`);
  });
  assert.equal(await call({}), 'GET /elsewhere');
});

for (const [what, listener] of Object.entries({
  'a hook that does not answer': () => undefined,
  'a hook that does not finish its answer': (_request, response) => void response.write('{'),
} satisfies Record<string, RequestListener>)) {
  test(`${what} in time is given up and its connection closed`, async (context) => {
    const closed = Promise.withResolvers<void>();
    const call = await setup(context, (request, response) => {
      response.on('close', closed.resolve);
      listener(request, response);
    });
    const calledAtMs = performance.now();
    await assert.rejects(call({}), /within 150 ms/);
    await closed.promise;
    const tookMs = performance.now() - calledAtMs;
    assert.ok(tookMs >= 140 && tookMs < 900, `${tookMs} ms`);
  });
}
