import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createAskResolver } from './ask-resolver.ts';

async function startResolver(t: { after(fn: () => void): void }, answer: RequestListener, host = '127.0.0.1') {
  const server = createServer(answer).listen(0, host);
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return createAskResolver({ port: (server.address() as AddressInfo).port });
}

test('gives the JSON that a resolver answers', async (t) => {
  const ask = await startResolver(t, (req, res) => res.end(JSON.stringify({ asked: `${req.method} ${req.url}` })));
  assert.deepEqual(await ask('127.0.0.1', '/ports'), { asked: 'GET /ports' });
  assert.deepEqual(await ask('127.0.0.1', '/connections'), { asked: 'GET /connections' });
});

test('writes an IPv6 address as a URL has it', async (t) => {
  const ask = await startResolver(t, (_req, res) => res.end('{}'), '::1');
  assert.deepEqual(await ask('::1', '/ports'), {});
});

test('rejects what is no 200, what is no JSON, and silence', async (t) => {
  const down = await startResolver(t, (_req, res) => res.writeHead(503).end('{}'));
  await assert.rejects(down('127.0.0.1', '/ports'), /503/);
  const odd = await startResolver(t, (_req, res) => res.end('<html>'));
  await assert.rejects(odd('127.0.0.1', '/ports'), SyntaxError);
  const silent = await startResolver(t, () => {});
  await assert.rejects(silent('127.0.0.1', '/ports'), { name: 'AbortError' });
  const cut = await startResolver(t, (_req, res) => {
    res.write('{"listening":');
    res.destroy();
  });
  await assert.rejects(cut('127.0.0.1', '/ports'));
});

test('rejects where nobody listens', async () => {
  await assert.rejects(createAskResolver({ port: 1 })('127.0.0.1', '/ports'), { code: 'ECONNREFUSED' });
});
