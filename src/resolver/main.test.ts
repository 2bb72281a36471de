import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { startStub } from '../kube/testing/api-server-stub.ts';
import { until } from '../testing/until.ts';
import { type FakeApi, startFakeApi } from '../watch/testing/fake-api.ts';
import {
  makeClaim,
  makeElastiService,
  makeResolverSlice,
  makeShard,
  makeShardObject,
  makeSlice,
  readyPod,
} from './cluster/testing/fixtures.ts';

const MAIN = join(import.meta.dirname, 'main.ts');
const POD_IP = '10.1.9.9';

async function listenOnAnyPort(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  const port = await listenOnAnyPort(server);
  server.close();
  await once(server, 'close');
  return port;
}

function startMain(t: TestContext, { MAX_OPEN_FILES, ...env }: Readonly<Record<string, string>>) {
  const limit = MAX_OPEN_FILES === undefined ? '' : `ulimit -n ${MAX_OPEN_FILES} && `;
  const child: ChildProcess = spawn('/bin/sh', ['-c', `${limit}exec "$0" "$1"`, process.execPath, MAIN], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'info', LISTEN_ADDRESS: '127.0.0.1', POD_IP, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout?.on('data', (chunk) => {
    output += chunk;
  });
  const exited = once(child, 'exit').then(([code]) => code as number | null);
  return { child, exited, stderr: text(child.stderr as NonNullable<typeof child.stderr>), output: () => output };
}

function writeKubeConfig(t: TestContext, server: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'elasti-resolver-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'kubeconfig');
  const named = (kind: string, value: object) => [{ name: 'test', [kind]: value }];
  writeFileSync(
    file,
    JSON.stringify({
      clusters: named('cluster', { server, 'insecure-skip-tls-verify': true }),
      users: named('user', { token: 'kube-token' }),
      contexts: named('context', { cluster: 'test', user: 'test' }),
      'current-context': 'test',
    }),
  );
  return file;
}

/** A resolver in a process of its own with an API server, a hook service and one claimed port; pods echo. */
async function setup(t: TestContext, fill: (api: FakeApi, port: number) => void, env: Record<string, string> = {}) {
  const api = await startFakeApi(t);
  const hooks = await startStub(t, (_received, response) => response.end('{}'));
  const pod = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  t.after(() => pod.close());
  const podPort = await listenOnAnyPort(pod);
  const [port, internalPort] = [await findFreePort(), await findFreePort()];
  const claim = makeClaim({ resolverPort: port });
  api.put('configmaps', makeShardObject(port % 16, makeShard(claim)));
  api.put('elastiservices', makeElastiService());
  fill(api, port);
  const main = startMain(t, {
    KUBECONFIG: writeKubeConfig(t, api.origin),
    RESOLVER_INTERNAL_PORT: String(internalPort),
    ELASTI_OPERATOR_URL: hooks.origin,
    ...env,
  });
  const get = async (path: string) => {
    const answer = await fetch(`http://127.0.0.1:${internalPort}${path}`).catch(() => undefined);
    return answer && { status: answer.status, body: await answer.text() };
  };
  const untilReady = (status: number) =>
    untilAsync(`/readyz is ${status}`, async () => (await get('/readyz'))?.status === status);
  const putReadyPod = () =>
    api.put(
      'endpointslices',
      makeSlice({ endpoints: [readyPod('127.0.0.1')], ports: [{ name: 'http', port: podPort }] }),
    );
  return { api, hooks, port, get, untilReady, putReadyPod, ...main };
}

async function untilAsync(what: string, isTrue: () => Promise<boolean>): Promise<void> {
  let is = false;
  let isAsking = false;
  await until(what, () => {
    if (!is && !isAsking) {
      isAsking = true;
      void isTrue().then((answer) => {
        is = answer;
        isAsking = false;
      });
    }
    return is;
  });
}

async function open(t: TestContext, port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  t.after(() => socket.destroy());
  await once(socket, 'connect');
  return socket;
}

/** Resolves when it is cut off for what it sends. */
async function isReset(socket: Socket): Promise<void> {
  socket.write('x');
  await assert.rejects(once(socket, 'close'), { code: 'ECONNRESET' });
}

async function echo(socket: Socket, word: string): Promise<string> {
  socket.write(word);
  const [answer] = await once(socket, 'data');
  return String(answer);
}

test('a setting that is not allowed ends the start with one line', async (t) => {
  const { exited, stderr } = startMain(t, { RESOLVER_INTERNAL_PORT: 'many' });
  assert.equal(await exited, 1);
  assert.equal(await stderr, 'elasti-resolver: RESOLVER_INTERNAL_PORT is "many", allowed is a port from 1 to 65535\n');
});

test('without an API server it lives, is not ready, and ends at once', async (t) => {
  const [port, internalPort] = [await findFreePort(), await findFreePort()];
  const env = {
    KUBECONFIG: writeKubeConfig(t, `http://127.0.0.1:${port}`),
    RESOLVER_INTERNAL_PORT: String(internalPort),
  };
  const { child, exited } = startMain(t, env);
  const statusOf = async (path: string) =>
    (await fetch(`http://127.0.0.1:${internalPort}${path}`).catch(() => undefined))?.status;
  await untilAsync('it lives', async () => (await statusOf('/healthz')) === 200);
  assert.equal(await statusOf('/readyz'), 503);
  child.kill('SIGTERM');
  assert.equal(await exited, 0);
});

test('is not ready before the caches are filled, and listens when it is', async (t) => {
  let release = () => {};
  const { get, untilReady, port } = await setup(t, (api) => {
    release = api.override((url, response) => {
      const isHeldBack = url.pathname.endsWith('/elastiservices');
      if (isHeldBack) response.writeHead(503).end('{}');
      return isHeldBack;
    });
    api.put('endpointslices', makeResolverSlice('to-us', POD_IP));
  });
  await untilReady(503);
  assert.deepEqual(await get('/ports'), { status: 200, body: '{"listening":[]}' });
  release();
  await untilReady(200);
  assert.deepEqual(await get('/ports'), { status: 200, body: `{"listening":[${port}]}` });
});

test('holds no more than the files allow that it may open, and says so', async (t) => {
  // Of these 1,100 are for others, and one for the port; a service alone gets half of the rest.
  const { port, hooks, untilReady, output } = await setup(t, () => {}, { MAX_OPEN_FILES: '1109' });
  await untilReady(200);
  const said = () => output().split('\n').slice(0, -1);
  const isIt = (text: string) => text.includes('too few files');
  await until('it has said so', () => said().some(isIt));
  const line = said().find(isIt) ?? '';
  const { level, maxOpenFiles, neededFiles, maxHeldConnections } = JSON.parse(line);
  assert.deepEqual([level, maxOpenFiles, neededFiles, maxHeldConnections], ['warn', 1109, 41_101, 4]);
  const held = [await open(t, port), await open(t, port)];
  for (const socket of held) socket.write('x');
  await until('they are held', () => hooks.received.length > 0);
  await isReset(await open(t, port));
  assert.deepEqual(
    held.map(({ readyState }) => readyState),
    ['open', 'open'],
  );
});

test('with the limits that are set', async (t) => {
  const { port, untilReady, output } = await setup(t, () => {}, { RESOLVER_MAX_HELD_CONNECTIONS: '2' });
  await untilReady(200);
  assert.doesNotMatch(output(), /too few files/);
  const first = await open(t, port);
  first.write('x');
  await isReset(await open(t, port));
  assert.equal(first.readyState, 'open');
});

test('holds, wakes, passes on; and after SIGTERM serves until no slice names it, and carries on what is open', async (t) => {
  const { api, hooks, port, get, untilReady, putReadyPod, child, exited, output } = await setup(t, (api) =>
    api.put('endpointslices', makeResolverSlice('to-us', POD_IP)),
  );
  await untilReady(200);
  const first = await open(t, port);
  const answer = echo(first, 'hello');
  await until('the hook service is asked to wake', () => hooks.received.length > 0);
  assert.deepEqual(hooks.received[0]?.body, { count: 1, svc: 'web', namespace: 'shop' });
  putReadyPod();
  assert.equal(await answer, 'hello');
  assert.match((await get('/connections'))?.body ?? '', /"uid-web":\{"open":1,/);
  assert.match((await get('/metrics'))?.body ?? '', /^elasti_resolver_wakes_total\{outcome="hook"\} 1$/m);

  assert.match((await get('/metrics'))?.body ?? '', /^elasti_resolver_slices 1$/m);
  child.kill('SIGTERM');
  await untilReady(503);
  const late = await open(t, port);
  assert.equal(await echo(late, 'still here'), 'still here');
  late.destroy();
  api.put('endpointslices', makeResolverSlice('to-us', '10.1.9.8'));
  await untilAsync('the port is closed', async () => (await get('/ports'))?.body === '{"listening":[]}');
  await assert.rejects(open(t, port), { code: 'ECONNREFUSED' });
  assert.equal(await echo(first, 'to the end'), 'to the end');
  assert.equal(child.exitCode, null);
  first.end();
  assert.equal(await exited, 0);
  assert.deepEqual(
    output()
      .trim()
      .split('\n')
      .filter((line) => JSON.parse(line).level === 'error'),
    [],
  );
});
