import assert from 'node:assert/strict';
import type { lookup } from 'node:dns';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, it, type TestContext } from 'node:test';
import { createSend } from './send.ts';
import { SendError } from './send-error.ts';

/** A server on loopback, and what it saw. */
async function serve(t: TestContext, answer: RequestListener) {
  const seen = { connections: 0, requests: 0 };
  const server = createServer((request, response) => {
    seen.requests += 1;
    answer(request, response);
  });
  server.on('connection', () => {
    seen.connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { seen, port, url: `http://127.0.0.1:${port}/api/v1/query?query=up` };
}

const request = (
  url: string,
  more: { signal?: AbortSignal; isLoopbackAllowed?: boolean; headers?: Record<string, string> } = {},
) => ({
  url,
  headers: {},
  isLoopbackAllowed: true,
  signal: new AbortController().signal,
  ...more,
});

const failsWith = (code: SendError['code']) => (error: unknown) => error instanceof SendError && error.code === code;

/** A look-up that knows one name. */
const resolvingTo = (...addresses: string[]) =>
  ((_host: string, _options: object, callback: (error: null, all: object[]) => void) =>
    callback(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )) as unknown as typeof lookup;

describe('an answer', () => {
  it('comes with its status and body, whatever the status', async (t) => {
    const { url } = await serve(t, (got, response) => {
      response.statusCode = 503;
      response.end(`${got.method} ${got.url} ${got.headers['x-a']} ${got.headers['accept-encoding']} caf\u00e9`);
    });
    const response = await createSend()(request(url, { headers: { 'x-a': 'b' } }));
    assert.deepEqual(response, { status: 503, body: 'GET /api/v1/query?query=up b identity caf\u00e9' });
  });

  it('that redirects is given back as it is', async (t) => {
    const { url, seen } = await serve(t, (_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    assert.equal((await createSend()(request(url))).status, 302);
    assert.equal(seen.requests, 1);
  });

  it('may have as many bytes as allowed and not one more', async (t) => {
    const { url } = await serve(t, (_, response) => response.end('x'.repeat(1000)));
    assert.equal((await createSend({ maxBodyBytes: 1000 })(request(url))).body.length, 1000);
    await assert.rejects(createSend({ maxBodyBytes: 999 })(request(url)), failsWith('ANSWER_TOO_LARGE'));
  });

  it('without end is cut off', async (t) => {
    const closed = Promise.withResolvers<void>();
    const { url } = await serve(t, (_, response) => {
      const more = () => {
        while (response.write('x'.repeat(65_536)));
      };
      response.on('drain', more).on('close', closed.resolve);
      more();
    });
    await assert.rejects(createSend()(request(url)), failsWith('ANSWER_TOO_LARGE'));
    await closed.promise;
  });
});

describe('connections', () => {
  it('are kept alive (pitfall 28)', async (t) => {
    const { url, seen } = await serve(t, (_, response) => response.end('ok'));
    const send = createSend();
    for (let i = 0; i < 5; i++) await send(request(url));
    assert.deepEqual(seen, { connections: 1, requests: 5 });
  });

  it('that were closed just as they were taken again are made anew', async (t) => {
    const { url, seen } = await serve(t, (got, response) => {
      if (seen.requests === 2) got.socket.resetAndDestroy();
      else response.end('ok');
    });
    const send = createSend();
    await send(request(url));
    assert.equal((await send(request(url))).body, 'ok');
    assert.deepEqual(seen, { connections: 2, requests: 3 });
  });

  it('that are reset at the first request fail at once', async (t) => {
    const { url, seen } = await serve(t, (got) => got.socket.resetAndDestroy());
    await assert.rejects(createSend()(request(url)), failsWith('CONNECTION_FAILED'));
    assert.equal(seen.requests, 1);
  });

  it('that break within the body fail', async (t) => {
    const { url } = await serve(t, (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('x', () => response.destroy());
    });
    await assert.rejects(createSend()(request(url)), failsWith('CONNECTION_FAILED'));
  });

  it('that nobody accepts fail, as do those without TLS where it is wanted', async (t) => {
    const { url, port } = await serve(t, (_, response) => response.end('ok'));
    await assert.rejects(createSend()(request(url.replace('http:', 'https:'))), failsWith('CONNECTION_FAILED'));
    const refused = createServer().listen(0, '127.0.0.1');
    await once(refused, 'listening');
    const { port: freed } = refused.address() as AddressInfo;
    refused.close();
    await once(refused, 'close');
    assert.notEqual(freed, port);
    await assert.rejects(createSend()(request(`http://127.0.0.1:${freed}/`)), failsWith('CONNECTION_FAILED'));
  });

  it('are closed when the request is ended, before and within the answer', async (t) => {
    for (const isStarted of [false, true]) {
      const arrived = Promise.withResolvers<void>();
      const closed = Promise.withResolvers<void>();
      const { url } = await serve(t, (_, response) => {
        response.on('close', closed.resolve);
        if (isStarted) response.write('x', () => arrived.resolve());
        else arrived.resolve();
      });
      const abort = new AbortController();
      const sent = createSend()(request(url, { signal: abort.signal }));
      await arrived.promise;
      abort.abort();
      await assert.rejects(sent, failsWith('CONNECTION_FAILED'));
      await closed.promise;
    }
  });
});

describe('addresses', () => {
  it('that are written out are checked', async () => {
    for (const host of ['169.254.169.254', '[fe80::1]', '[::ffff:169.254.169.254]']) {
      await assert.rejects(createSend()(request(`http://${host}/`)), failsWith('ADDRESS_NOT_ALLOWED'));
    }
  });

  it('on loopback are asked only where allowed', async (t) => {
    const { url, seen } = await serve(t, (_, response) => response.end('ok'));
    await assert.rejects(createSend()(request(url, { isLoopbackAllowed: false })), failsWith('ADDRESS_NOT_ALLOWED'));
    assert.equal(seen.connections, 0);
  });

  it('that a name resolves to are checked, all of them', async (t) => {
    const { port, seen } = await serve(t, (_, response) => response.end('ok'));
    const ask = (...addresses: string[]) =>
      createSend({ lookup: resolvingTo(...addresses) })(request(`http://prometheus.example:${port}/`));
    assert.equal((await ask('127.0.0.1')).body, 'ok');
    for (const address of ['169.254.169.254', 'fe80::1%eth0', '::ffff:169.254.169.254']) {
      await assert.rejects(ask(address), failsWith('ADDRESS_NOT_ALLOWED'), address);
      await assert.rejects(ask('127.0.0.1', address), failsWith('ADDRESS_NOT_ALLOWED'), address);
    }
    assert.equal(seen.connections, 1);
  });

  it('of our own pod are refused behind a name, too', async (t) => {
    const { port, seen } = await serve(t, (_, response) => response.end('ok'));
    const send = createSend({ lookup: resolvingTo('127.0.0.1') });
    const sent = send(request(`http://prometheus.example:${port}/`, { isLoopbackAllowed: false }));
    await assert.rejects(sent, failsWith('ADDRESS_NOT_ALLOWED'));
    assert.equal(seen.connections, 0);
  });

  it('that cannot be found fail', async () => {
    const lookupFails = ((_host: string, _options: object, callback: (error: Error) => void) =>
      callback(new Error('ENOTFOUND'))) as unknown as typeof lookup;
    const send = createSend({ lookup: lookupFails });
    await assert.rejects(send(request('http://nowhere.example/')), failsWith('CONNECTION_FAILED'));
  });
});
