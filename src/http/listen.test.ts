import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { type ListenOptions, listen } from './listen.ts';

const LOOPBACK = '127.0.0.1';
// Each of these tests waits for an end that must come: a limit on the test, and not on how fast it comes.
const timeout = 20_000;

async function setup(t: TestContext, app: RequestListener, options: Partial<ListenOptions> = {}) {
  const server = await listen(app, { port: 0, host: LOOPBACK, ...options });
  const agent = new Agent({ keepAlive: true });
  t.after(async () => {
    agent.destroy();
    await server.close(0);
  });
  const open = async (): Promise<Socket> => {
    const socket = connect(server.port, LOOPBACK);
    socket.on('error', () => {});
    t.after(() => socket.destroy());
    await once(socket, 'connect');
    return socket;
  };
  const ask = async (path: string) => {
    const [response] = (await once(get({ port: server.port, host: LOOPBACK, path, agent }), 'response')) as [
      IncomingMessage,
    ];
    let text = '';
    for await (const chunk of response) text += chunk;
    return { status: response.statusCode, headers: response.headers, text };
  };
  return { server, open, ask };
}

/** Everything that comes until the other side ends the connection. */
async function readToEnd(socket: Socket): Promise<string> {
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  if (!socket.destroyed) await once(socket, 'close');
  return text;
}

const isRefused = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, LOOPBACK);
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => resolve(true));
  });

test('serves on a free port and keeps connections for longer than its client does', async (t) => {
  const { server, ask } = await setup(t, (_req, res) => res.end('hello'));
  assert.ok(server.port > 0);
  const { text, headers } = await ask('/');
  assert.equal(text, 'hello');
  assert.equal(headers.connection, 'keep-alive');
  assert.equal(headers['keep-alive'], 'timeout=95');
});

test('a port in use rejects and names the port', async (t) => {
  const { server } = await setup(t, (_req, res) => res.end());
  await assert.rejects(
    listen(() => {}, { port: server.port, host: LOOPBACK }),
    (error: Error & { cause?: { code?: string } }) => {
      assert.match(error.message, new RegExp(`port ${server.port}`));
      assert.equal(error.cause?.code, 'EADDRINUSE');
      return true;
    },
  );
});

test('closing lets the request in flight finish, ends its connection and accepts no more', { timeout }, async (t) => {
  const arrived = Promise.withResolvers<void>();
  const finish = Promise.withResolvers<void>();
  const { server, ask } = await setup(t, async (_req, res) => {
    arrived.resolve();
    await finish.promise;
    res.end('finished');
  });
  const answer = ask('/');
  await arrived.promise;
  let isClosed = false;
  const closed = server.close(10_000).then(() => {
    isClosed = true;
  });
  assert.equal(await isRefused(server.port), true);
  assert.equal(isClosed, false);
  finish.resolve();
  const { status, text, headers } = await answer;
  assert.deepEqual([status, text, headers.connection], [200, 'finished', 'close']);
  await closed;
});

test('closing closes idle connections at once', { timeout }, async (t) => {
  const { server, open } = await setup(t, (_req, res) => res.end('hello'));
  const socket = await open();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  const ended = once(socket, 'close');
  await server.close(3_600_000);
  await ended;
});

test('an answer begun before closing ends its connection all the same', { timeout }, async (t) => {
  const finish = Promise.withResolvers<void>();
  const { server, open } = await setup(t, async (_req, res) => {
    res.write('begun ');
    await finish.promise;
    res.end('ended');
  });
  const socket = await open();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await once(socket, 'data');
  const rest = readToEnd(socket);
  const closed = server.close(3_600_000);
  finish.resolve();
  await closed;
  assert.match(await rest, /ended/);
});

test('a request on an open connection is still answered while closing', { timeout }, async (t) => {
  const finish = Promise.withResolvers<void>();
  const arrived = Promise.withResolvers<void>();
  const { server, open } = await setup(t, async (req, res) => {
    if (req.url === '/slow') {
      arrived.resolve();
      await finish.promise;
    }
    res.end(`answer to ${req.url}`);
  });
  const slow = await open();
  slow.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n');
  await arrived.promise;
  const late = await open();
  late.write('GET /first HTTP/1.1\r\nHost: x\r\n\r\nGET /late HTTP/1.1\r\nHost:');
  await once(late, 'data');
  const closed = server.close(3_600_000);
  late.write(' x\r\n\r\n');
  const lateAnswer = await readToEnd(late);
  assert.match(lateAnswer, /answer to \/late/);
  assert.match(lateAnswer, /Connection: close/i);
  finish.resolve();
  assert.match(await readToEnd(slow), /answer to \/slow/);
  await closed;
});

test('what is not done within the grace time is cut off', { timeout }, async (t) => {
  const arrived = Promise.withResolvers<void>();
  const { server, open } = await setup(t, () => arrived.resolve());
  const socket = await open();
  const silent = await open();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await arrived.promise;
  const ends = [once(socket, 'close'), once(silent, 'close')];
  await server.close(1);
  await Promise.all(ends);
});

test('closing twice is closing once', async (t) => {
  const { server } = await setup(t, (_req, res) => res.end());
  const first = server.close(0);
  assert.equal(server.close(1_000), first);
  await first;
});

const shortHeaders = { headersTimeoutMs: 50, requestTimeoutMs: 3_600_000, timeoutCheckMs: 10 };
const shortRequest = { headersTimeoutMs: 50, requestTimeoutMs: 50, timeoutCheckMs: 10 };

for (const [what, sent, limits] of [
  ['nothing', '', shortHeaders],
  ['half its headers', 'POST /sync HTTP/1.1\r\nHost: x\r\nX-Slow', shortHeaders],
  ['half its body', 'POST /sync HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"parent"', shortRequest],
] as const) {
  test(`a client that sends ${what} is let go`, { timeout }, async (t) => {
    const { open } = await setup(t, (req) => void req.on('error', () => {}).resume(), limits);
    const socket = await open();
    socket.write(sent);
    assert.match(await readToEnd(socket), /^(HTTP\/1\.1 408 |$)/);
  });
}

test('a client that drips its headers is let go too', { timeout }, async (t) => {
  const { open } = await setup(t, () => assert.fail('the request was never complete'), shortHeaders);
  const socket = await open();
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n');
  const drip = setInterval(() => socket.write('X-Slow: 1\r\n'), 5);
  t.after(() => clearInterval(drip));
  // A drip that meets the closed connection is answered with a reset, which may overtake the answer.
  const ended = readToEnd(socket).catch((error: NodeJS.ErrnoException) => error.code);
  assert.match((await ended) ?? '', /^(HTTP\/1\.1 408 |ECONNRESET|EPIPE)/);
});

test('headers beyond 16 KiB are 431', { timeout }, async (t) => {
  const { open } = await setup(t, () => assert.fail('passed on'));
  const socket = await open();
  socket.write(`GET / HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(17_000)}\r\n\r\n`);
  assert.match(await readToEnd(socket), /^HTTP\/1\.1 431 /);
});

test('what is no HTTP is 400', { timeout }, async (t) => {
  const { open } = await setup(t, () => assert.fail('passed on'));
  const socket = await open();
  socket.write('hello there\r\n\r\n');
  assert.match(await readToEnd(socket), /^HTTP\/1\.1 400 /);
});
