import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { type TestContext, test } from 'node:test';
import { z } from 'zod';
import { InvalidRequestError } from '../errors.ts';
import { readJson } from './body.ts';
import { Refusal } from './refusal.ts';

const Body = z.looseObject({ a: z.number(), deep: z.record(z.string(), z.object({ b: z.string() })).optional() });
const LIMIT_BYTES = 64;

type Read = { readonly value: unknown } | { readonly error: unknown };

/** A server that reads each body and hands out what came of it. */
async function setup(t: TestContext) {
  const reads: Read[] = [];
  const waiting: ((read: Read) => void)[] = [];
  const tell = (read: Read) => {
    const next = waiting.shift();
    if (next === undefined) reads.push(read);
    else next(read);
  };
  const server = createServer((req, res) => {
    readJson(req, { schema: Body, limitBytes: LIMIT_BYTES }).then(
      (value) => {
        tell({ value });
        res.end('read');
      },
      (error: unknown) => {
        tell({ error });
        res.end('refused');
      },
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const nextRead = async (): Promise<Read> => reads.shift() ?? new Promise((resolve) => waiting.push(resolve));

  const post = async (chunks: readonly (string | Buffer)[], headers: IncomingHttpHeaders = {}) => {
    const client = request({ port, host: '127.0.0.1', method: 'POST', headers });
    for (const chunk of chunks) client.write(chunk);
    client.end();
    const sent = once(client, 'finish');
    const [answer] = await once(client, 'response');
    answer.resume();
    await Promise.all([sent, once(answer, 'end')]);
    return nextRead();
  };
  return { port, post, nextRead };
}

function assertRefused(read: Read, status: number, code: string) {
  assert.ok('error' in read && read.error instanceof Refusal, `read ${JSON.stringify(read)}`);
  assert.deepEqual([read.error.status, read.error.code], [status, code]);
}

function messageOf(read: Read): string {
  assert.ok('error' in read && read.error instanceof InvalidRequestError, `read ${JSON.stringify(read)}`);
  return read.error.message;
}

test('a body in one piece, in many and without a content type', async (t) => {
  const { post } = await setup(t);
  const json = { 'content-type': 'application/json' };
  assert.deepEqual(await post(['{"a":1}'], json), { value: { a: 1 } });
  assert.deepEqual(await post([...'{"a":1,"é":"ü"}'], json), { value: { a: 1, é: 'ü' } });
  assert.deepEqual(await post(['{"a":1}']), { value: { a: 1 } });
});

test('a character cut by a chunk is put together', async (t) => {
  const { post } = await setup(t);
  const bytes = Buffer.from('{"a":1,"s":"€"}');
  const inside = bytes.indexOf('€') + 1;
  assert.deepEqual(await post([bytes.subarray(0, inside), bytes.subarray(inside)]), { value: { a: 1, s: '€' } });
});

for (const type of [
  'application/json; charset=utf-8',
  'application/json;charset=UTF-8',
  'Application/JSON; charset="utf-8"',
]) {
  test(`${type} is read`, async (t) => {
    const { post } = await setup(t);
    assert.deepEqual(await post(['{"a":1}'], { 'content-type': type }), { value: { a: 1 } });
  });
}

for (const headers of [
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/x-www-form-urlencoded' },
  { 'content-type': 'application/json; charset=latin1' },
  { 'content-type': 'application/jsonp' },
  { 'content-type': 'application/json', 'content-encoding': 'gzip' },
]) {
  test(`${JSON.stringify(headers)} is refused`, async (t) => {
    const { post } = await setup(t);
    assertRefused(await post(['{"a":1}'], headers), 415, 'UNSUPPORTED_MEDIA_TYPE');
  });
}

for (const framing of ['content-length', 'chunks'] as const) {
  test(`just inside and just outside the limit, by ${framing}`, async (t) => {
    const { post } = await setup(t);
    const send = (size: number) => {
      const text = '{"a":1}'.padEnd(size, ' ');
      return framing === 'chunks'
        ? post([text.slice(0, 10), text.slice(10)])
        : post([text], { 'content-length': String(size) });
    };
    assert.deepEqual(await send(LIMIT_BYTES), { value: { a: 1 } });
    assertRefused(await send(LIMIT_BYTES + 1), 413, 'TOO_LARGE');
    assert.deepEqual(await send(LIMIT_BYTES), { value: { a: 1 } });
  });
}

test('a body far over the limit can be sent to its end', { timeout: 20_000 }, async (t) => {
  const { post } = await setup(t);
  assertRefused(await post(Array.from({ length: 32 }, () => Buffer.alloc(1024 * 1024, 32))), 413, 'TOO_LARGE');
});

for (const text of ['', ' ', '{', '{"a":1}}', "{'a':1}", '{"a":1,}', '\ufeff{"a":1}', 'a=1', 'NaN']) {
  test(`${JSON.stringify(text)} is not JSON`, async (t) => {
    const { post } = await setup(t);
    assert.equal(messageOf(await post([text])), 'the body is not valid JSON');
  });
}

test('what is not UTF-8 is refused', async (t) => {
  const { post } = await setup(t);
  const bytes = Buffer.concat([Buffer.from('{"a":1,"s":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
  assert.equal(messageOf(await post([bytes])), 'the body is not UTF-8');
});

test('a wrong shape is told by the path of the field, without its value', async (t) => {
  const { post } = await setup(t);
  assert.match(messageOf(await post(['{"a":"hush"}'])), /^a: (?!.*hush)/);
  assert.match(messageOf(await post(['{"a":1,"deep":{"x/y":{"b":7}}}'])), /^deep\.x\/y\.b: /);
  for (const text of ['[]', 'null', '7', '"a"', 'true']) assert.match(messageOf(await post([text])), /^body: /);
});

test('a message stays short however long the keys are', async (t) => {
  const long = z.record(z.string(), z.number());
  const server = createServer((req, res) => {
    readJson(req, { schema: long, limitBytes: 10_000 }).catch((error: Error) => res.end(error.message));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', connection: 'close' },
    body: JSON.stringify({ ['k'.repeat(5_000)]: 'x' }),
  });
  assert.equal((await answer.text()).length, 200);
});

test('__proto__, constructor and prototype keys change nothing', async (t) => {
  const { post } = await setup(t);
  for (const text of [
    '{"a":1,"__proto__":{"evil":1}}',
    '{"a":1,"constructor":{"prototype":{"evil":1}}}',
    '{"a":1,"deep":{"__proto__":{"b":"x"}}}',
  ]) {
    const read = await post([text]);
    assert.ok('value' in read);
    const value = read.value as { a: number; evil?: unknown; deep?: object };
    assert.equal(value.a, 1);
    assert.equal(value.evil, undefined);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
    if (value.deep !== undefined) assert.equal(Object.getPrototypeOf(value.deep), Object.prototype);
    assert.equal(({} as { evil?: unknown }).evil, undefined);
  }
  assert.match(messageOf(await post(['{"__proto__":{"a":1}}'])), /^a: /);
});

test('nesting as deep as the limit allows is answered', async (t) => {
  const { post } = await setup(t);
  assert.match(messageOf(await post(['['.repeat(32) + ']'.repeat(32)])), /^body: /);
});

for (const framing of ['Content-Length: 60', 'Transfer-Encoding: chunked']) {
  test(`a client that goes away in the middle ends the reading (${framing})`, async (t) => {
    const { port, nextRead } = await setup(t);
    const socket = connect(port, '127.0.0.1');
    const start = framing.startsWith('Content') ? '{"a":' : '5\r\n{"a":\r\n';
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\n${framing}\r\n\r\n${start}`);
    await once(socket, 'connect');
    socket.end();
    assertRefused(await nextRead(), 499, 'ABORTED');
  });
}
