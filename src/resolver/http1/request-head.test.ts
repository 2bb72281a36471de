import assert from 'node:assert/strict';
import { test } from 'node:test';
import { protocolOf } from './protocol.ts';
import { type RequestHead, readRequestHead } from './request-head.ts';

const read = (text: string) => readRequestHead(Buffer.from(text));

test('a head is read to its empty line and no further', () => {
  const head = read('GET /a?b HTTP/1.1\r\nHost: web\r\nX-É: ü \r\n\r\nGET /next');
  assert.deepEqual(head, {
    method: 'GET',
    target: '/a?b',
    minorVersion: 1,
    headers: [
      ['host', 'web'],
      ['x-é', 'ü'],
    ],
    byteLength: Buffer.byteLength('GET /a?b HTTP/1.1\r\nHost: web\r\nX-É: ü \r\n\r\n'),
    hasBody: false,
    keepsAlive: true,
  } satisfies RequestHead);
});

test('lines may end without a carriage return', () => {
  assert.equal((read('GET / HTTP/1.1\nHost: web\n\nrest') as RequestHead).byteLength, 26);
});

test('a request without headers is read', () => {
  assert.deepEqual((read('GET / HTTP/1.0\r\n\r\n') as RequestHead).headers, []);
});

for (const text of ['G', 'GET ', 'GET /a', 'GET / HTTP/1.1', 'GET / HTTP/1.1\r\n', 'GET / HTTP/1.1\r\nHost: web\r\n']) {
  test(`${JSON.stringify(text)} may become a request`, () => assert.equal(read(text), 'partial'));
}

for (const text of [
  '\x16\x03\x01',
  'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
  'get / HTTP/1.1\r\n\r\n',
  'PING\r\n',
  '*1\r\n$4\r\nPING\r\n',
  'GET /\r\n\r\n',
  'GET / x HTTP/1.1\r\n\r\n',
  'GET / HTTP/1.1\r\n folded: x\r\n\r\n',
  'GET / HTTP/1.1\r\nno colon\r\n\r\n',
  'GET / HTTP/1.1\r\nspace : x\r\n\r\n',
  `GET /${'a'.repeat(9000)}`,
  `GET / HTTP/1.1\r\nX: ${'a'.repeat(9000)}`,
]) {
  test(`${JSON.stringify(text.slice(0, 40))} is none of ours to read`, () => assert.equal(read(text), 'unreadable'));
}

test('what keeps a connection open and what has a body is known', () => {
  const of = (version: string, ...headers: string[]) => {
    const head = read([`POST / HTTP/${version}`, ...headers, '', ''].join('\r\n')) as RequestHead;
    return [head.keepsAlive, head.hasBody];
  };
  assert.deepEqual(of('1.1'), [true, false]);
  assert.deepEqual(of('1.1', 'Connection: Upgrade, Close'), [false, false]);
  assert.deepEqual(of('1.0'), [false, false]);
  assert.deepEqual(of('1.0', 'Connection: Keep-Alive'), [true, false]);
  assert.deepEqual(of('1.1', 'Content-Length: 0'), [true, false]);
  assert.deepEqual(of('1.1', 'Content-Length: 10'), [true, true]);
  assert.deepEqual(of('1.1', 'Transfer-Encoding: chunked'), [true, true]);
});

test('a protocol is known by its first bytes', () => {
  const of = (text: string) => protocolOf(Buffer.from(text, 'latin1'));
  assert.equal(of(''), 'unseen');
  assert.equal(protocolOf(undefined), 'unseen');
  assert.equal(of('GET / HTTP/1.1\r\n'), 'http1');
  assert.equal(of('BREW http://x/ HTTP/1.0\n'), 'http1');
  assert.equal(of(`GET /${'a'.repeat(5000)}`), 'http1');
  assert.equal(of('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'), 'http2');
  assert.equal(of('\x16\x03\x01\x02'), 'tls');
  assert.equal(of('\x16\x01'), 'other');
  assert.equal(of('PING\r\n'), 'other');
  assert.equal(of('SELECT 1\r\n'), 'other');
});
