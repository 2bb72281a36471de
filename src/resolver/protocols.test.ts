import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Agent, createServer as createHttpServer, request as httpRequest, type IncomingMessage } from 'node:http';
import {
  connect as connectHttp2,
  createServer as createHttp2Server,
  createSecureServer,
  type ServerHttp2Stream,
} from 'node:http2';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { WebSocketServer } from 'ws';
import { freePort } from '../testing/free-port.ts';
import { makeCertificate } from './testing/certificate.ts';
import { connectTo } from './testing/client.ts';
import { makeRoute } from './testing/models.ts';
import { HOST, startPod, startWorld, until } from './testing/world.ts';

// Real clients and servers, each through sleep, hold and wake, a pod that is ready, the switch back, and sleep again.

const options = { timeout: 30_000 };

type PodServer = Parameters<typeof startPod>[1];
type Talk = (t: TestContext, port: number) => Promise<void>;

function passes(protocol: string, makeServer: () => PodServer, talk: Talk): void {
  test(`${protocol} passes through sleep, hold, wake and switch back`, options, async (t) => {
    const route = makeRoute('web', await freePort());
    const world = await startWorld(t, { routes: [route] });
    const pod = await startPod(t, makeServer());
    const heldTimes = () => world.told.filter((each) => each === 'held').length;
    for (const times of [1, 2]) {
      const cold = talk(t, route.resolverPort);
      await Promise.race([cold, until(() => heldTimes() === times)]);
      world.setPods(route, pod);
      await cold;
      // Beside the pods, as long as the slices to the resolver stand; then straight to them.
      await talk(t, route.resolverPort);
      await talk(t, pod.port);
      assert.equal(heldTimes(), times);
      world.setPods(route);
    }
  });
}

async function textOf(message: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const chunk of message) text += chunk;
  return text;
}

passes(
  'HTTP/1.1 with a body and a second request on the same connection',
  () => createHttpServer(async (req, res) => res.end(`${req.method} ${(await textOf(req)).length}`)),
  async (t, port) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    t.after(() => agent.destroy());
    const ask = async (bytes: number) => {
      const req = httpRequest({ host: HOST, port, method: 'POST', agent });
      req.end('x'.repeat(bytes));
      const [res] = (await once(req, 'response')) as [IncomingMessage];
      return textOf(res);
    };
    assert.equal(await ask(300_000), 'POST 300000');
    assert.equal(await ask(10), 'POST 10');
  },
);

passes(
  'HTTP/1.1 with Expect: 100-continue',
  () => createHttpServer(async (req, res) => res.end(await textOf(req))),
  async (_t, port) => {
    const headers = { Expect: '100-continue', 'Content-Length': 4 };
    const req = httpRequest({ host: HOST, port, method: 'PUT', headers, agent: false });
    req.flushHeaders();
    await once(req, 'continue');
    req.end('body');
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    assert.equal(await textOf(res), 'body');
  },
);

passes(
  'a stream of server-sent events',
  () =>
    createHttpServer((_req, res) => {
      res.writeHead(200, { 'Content-Type': 'text/event-stream' });
      res.write('data: 1\n\n');
      setImmediate(() => res.write('data: 2\n\n'));
    }),
  async (_t, port) => {
    const req = httpRequest({ host: HOST, port, headers: { Accept: 'text/event-stream' }, agent: false }).end();
    const [res] = (await once(req, 'response')) as [IncomingMessage];
    let text = '';
    res.on('data', (chunk) => {
      text += chunk;
    });
    await until(() => text === 'data: 1\n\ndata: 2\n\n');
    req.destroy();
  },
);

const startWebSockets = () => {
  const server = createHttpServer();
  new WebSocketServer({ server }).on('connection', (socket) => {
    socket.send('welcome');
    socket.on('message', (data) => socket.send(String(data).toUpperCase()));
  });
  return server;
};

passes('WebSocket', startWebSockets, async (_t, port) => {
  const socket = new WebSocket(`ws://${HOST}:${port}/`);
  const received: string[] = [];
  socket.addEventListener('message', ({ data }) => received.push(String(data)));
  await new Promise((resolve) => socket.addEventListener('open', resolve));
  socket.send('hello');
  socket.send('again');
  await until(() => received.length === 3);
  assert.deepEqual(received, ['welcome', 'HELLO', 'AGAIN']);
  socket.close();
});

const answerStream = (stream: ServerHttp2Stream) => {
  stream.respond({ ':status': 200 });
  stream.pipe(stream);
};

async function talkHttp2(t: TestContext, url: string): Promise<void> {
  const session = connectHttp2(url, { rejectUnauthorized: false });
  t.after(() => session.destroy());
  const ask = async (n: number) => {
    const stream = session.request({ ':method': 'POST', ':path': `/${n}` });
    stream.end(`body ${n}`);
    return textOf(stream);
  };
  const texts = await Promise.all([1, 2, 3].map(ask));
  assert.deepEqual(texts, ['body 1', 'body 2', 'body 3']);
  session.close();
}

passes(
  'HTTP/2 with prior knowledge',
  () => createHttp2Server().on('stream', answerStream),
  (t, port) => talkHttp2(t, `http://${HOST}:${port}`),
);

passes(
  'HTTP/2 over TLS',
  () => createSecureServer(makeCertificate()).on('stream', answerStream),
  (t, port) => talkHttp2(t, `https://${HOST}:${port}`),
);

passes(
  'TLS, unopened, with a message and its end each way',
  () => createTlsServer(makeCertificate(), (socket) => socket.on('data', (chunk) => socket.end(`echo ${chunk}`))),
  async (_t, port) => {
    const socket = connectTls({ host: HOST, port, rejectUnauthorized: false });
    socket.write('secret');
    assert.equal(await textOf(socket), 'echo secret');
  },
);

const text = { serialize: (value: string) => Buffer.from(value), deserialize: (bytes: Buffer) => bytes.toString() };
const method = (name: string, isStream: boolean) => ({
  path: `/chat.Chat/${name}`,
  requestStream: isStream,
  responseStream: isStream,
  requestSerialize: text.serialize,
  requestDeserialize: text.deserialize,
  responseSerialize: text.serialize,
  responseDeserialize: text.deserialize,
});
const CHAT = { ask: method('Ask', false), talk: method('Talk', true) };

const startGrpc = () => {
  const server = new grpc.Server();
  server.addService(CHAT, {
    ask: ({ request }: grpc.ServerUnaryCall<string, string>, answer: grpc.sendUnaryData<string>) =>
      answer(null, `you ask ${request}`),
    talk: (stream: grpc.ServerDuplexStream<string, string>) => {
      stream.on('data', (word) => stream.write(`got ${word}`));
      stream.on('end', () => stream.end());
    },
  });
  const injector = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
  return createServer((socket) => injector.injectConnection(socket));
};

passes('gRPC with a call, and a stream in both directions', startGrpc, async (t, port) => {
  const Client = grpc.makeGenericClientConstructor(CHAT, 'chat.Chat');
  const client = new Client(`${HOST}:${port}`, grpc.credentials.createInsecure());
  t.after(() => client.close());
  const { ask, talk } = CHAT;
  const stream = client.makeBidiStreamRequest(talk.path, talk.requestSerialize, talk.responseDeserialize);
  const received: string[] = [];
  stream.on('data', (word) => received.push(word));
  const status = once(stream, 'status');
  for (const word of ['one', 'two']) {
    stream.write(word);
    await until(() => received.at(-1) === `got ${word}`);
  }
  const answer = await new Promise((resolve, reject) =>
    client.makeUnaryRequest(
      ask.path,
      ask.requestSerialize,
      ask.responseDeserialize,
      'x'.repeat(100_000),
      (error, value) => (error ? reject(error) : resolve(value)),
    ),
  );
  assert.equal(String(answer).length, 'you ask '.length + 100_000);
  stream.end();
  const [{ code }] = await status;
  assert.equal(code, grpc.status.OK);
  client.close();
});

passes(
  'a protocol whose server speaks first',
  () =>
    createServer((socket) => {
      socket.write('220 mail ready\r\n');
      socket.on('data', (chunk) => socket.end(`250 ${chunk}`));
    }),
  async (t, port) => {
    const client = await connectTo(t, port);
    await client.sees('220 mail ready');
    client.socket.write('HELO web\r\n');
    await client.sees('250 HELO web');
  },
);

passes(
  'a protocol of short commands, sent at once',
  () =>
    createServer((socket) =>
      socket.on('data', (chunk) => socket.write(chunk.toString().replaceAll('PING\r\n', '+PONG\r\n'))),
    ),
  async (t, port) => {
    const client = await connectTo(t, port);
    client.socket.write('PING\r\nPING\r\n');
    await client.sees('+PONG\r\n+PONG\r\n');
  },
);
