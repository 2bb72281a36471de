import assert from 'node:assert/strict';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createVirtualClock } from '../effects/testing/virtual-clock.ts';
import { freePort } from '../testing/free-port.ts';
import type { RouteSettings } from './ports.ts';
import { connectTo, request } from './testing/client.ts';
import { makeRoute } from './testing/models.ts';
import { startPod, startWorld, until } from './testing/world.ts';

const options = { timeout: 30_000 };
const HEALTH: RouteSettings['probeResponses'] = [
  { path: { type: 'Exact', value: '/healthz' }, response: { status: 200, body: 'fine' } },
  { path: { value: '/gone' }, response: { status: 204, body: 'unsent' } },
];

async function setup(t: TestContext, settings: Partial<RouteSettings>) {
  const clock = createVirtualClock();
  const route = makeRoute('web', await freePort(), settings);
  const world = await startWorld(t, { routes: [route], clock });
  return { ...world, clock, route, dial: () => connectTo(t, route.resolverPort) };
}

const pod = () => createHttpServer((req, res) => res.end(`pod got ${req.url}`));
const count = (text: string, words: string) => text.split(words).length - 1;

test('a probe is answered and wakes nobody', options, async (t) => {
  const world = await setup(t, { probeResponses: HEALTH });
  const client = await world.dial();
  client.socket.write(request('/healthz?from=balancer'));
  await client.sees('fine');
  assert.match(client.text(), /^HTTP\/1\.1 200 OK\r\n/);
  assert.match(client.text(), /\r\nContent-Length: 4\r\n/);
  assert.deepEqual(world.wakes, []);
  assert.deepEqual(world.told, ['answered:probe:200']);
});

test('each probe of a kept-alive connection is answered, and the first other request wakes', options, async (t) => {
  const world = await setup(t, { probeResponses: HEALTH });
  const client = await world.dial();
  for (let n = 1; n <= 3; n++) {
    client.socket.write(request('/healthz'));
    await until(() => count(client.text(), 'fine') === n);
    // Resting is not the silence that wakes.
    await world.clock.advance(30_000);
  }
  assert.deepEqual(world.wakes, []);
  client.socket.write(request('/shop'));
  await until(() => world.wakes.length === 1);
  world.setPods(world.route, await startPod(t, pod()));
  await client.sees('pod got /shop');
  client.socket.write(request('/healthz'));
  await client.sees('pod got /healthz');
});

test('probes and a request that were sent at once are told apart', options, async (t) => {
  const world = await setup(t, { probeResponses: HEALTH });
  const client = await world.dial();
  client.socket.write(request('/healthz') + request('/gone') + request('/shop'));
  await until(() => world.wakes.length === 1);
  world.setPods(world.route, await startPod(t, pod()));
  await client.sees('pod got /shop');
  assert.match(client.text(), /fine.*204 No Content.*pod got \/shop/s);
  assert.ok(!client.text().includes('unsent'));
});

test('a probe that comes in pieces is answered', options, async (t) => {
  const world = await setup(t, { probeResponses: HEALTH });
  const client = await world.dial();
  for (const piece of ['GE', 'T /hea', 'lthz HTTP/1.1\r\nHo', 'st: web\r\n']) {
    client.socket.write(piece);
    await until(() => client.socket.bytesWritten > 0 && world.clock.nextAtMs() !== undefined);
    await world.clock.advance(25);
  }
  client.socket.write('\r\n');
  await client.sees('fine');
  assert.deepEqual(world.wakes, []);
});

test('the beginning of a request wakes when the rest does not come within 200 ms', options, async (t) => {
  const world = await setup(t, { probeResponses: HEALTH });
  const client = await world.dial();
  client.socket.write('GET /hea');
  await until(() => world.clock.nextAtMs() !== undefined);
  for (let n = 0; n < 20 && world.wakes.length === 0; n++) await world.clock.advance(25);
  assert.equal(world.wakes.length, 1);
});

test('probes are answered while a pod is ready, too: they must not hold up a drain', options, async (t) => {
  const world = await setup(t, { probeResponses: HEALTH });
  world.setPods(world.route, await startPod(t, pod()));
  const client = await world.dial();
  client.socket.write(request('/healthz'));
  await client.sees('fine');
  client.socket.write(request('/shop'));
  await client.sees('pod got /shop');
  assert.deepEqual(world.wakes, [{ service: 'web', held: 0 }]);
});

test('with rules, a server that speaks first is heard when the client has been silent', options, async (t) => {
  const world = await setup(t, { probeResponses: HEALTH });
  world.setPods(
    world.route,
    await startPod(
      t,
      createServer((socket) => socket.write('220 mail\r\n')),
    ),
  );
  const client = await world.dial();
  await until(() => world.clock.nextAtMs() !== undefined);
  await world.clock.advance(200);
  await client.sees('220 mail');
});

test('the answer to HEAD has no body', options, async (t) => {
  const world = await setup(t, { probeResponses: HEALTH });
  const client = await world.dial();
  client.socket.write(request('/healthz', {}, 'HEAD') + request('/gone'));
  await client.sees('204 No Content');
  assert.ok(!client.text().includes('fine'));
  assert.match(client.text(), /Content-Length: 4\r\n/);
});

test('a probe that has a body, or wants it, is the last on its connection', options, async (t) => {
  const world = await setup(t, { probeResponses: HEALTH });
  const first = `${request('/healthz', { 'Content-Length': '5' }, 'POST')}GET /s`;
  for (const text of [first, request('/healthz', { Connection: 'close' }), 'GET /healthz HTTP/1.0\r\n\r\n']) {
    const client = await world.dial();
    client.socket.write(text);
    await until(() => client.ended() === 'FIN');
    assert.match(client.text(), /\r\nConnection: close\r\n.*fine$/s);
    client.socket.end();
  }
  assert.deepEqual(world.wakes, []);
});

test('a connection that rests after its probe is closed after 75 s', options, async (t) => {
  const world = await setup(t, { probeResponses: HEALTH });
  const client = await world.dial();
  client.socket.write(request('/healthz'));
  await client.sees('fine');
  await world.clock.advance(74_950);
  assert.equal(client.ended(), undefined);
  await world.clock.advance(75);
  await until(() => client.ended() === 'FIN');
});

test('a browser gets a page that comes again, and wakes', options, async (t) => {
  const world = await setup(t, { hasWaitingPage: true });
  const client = await world.dial();
  client.socket.write(request('/', { Accept: 'text/html,application/xhtml+xml;q=0.9' }));
  await until(() => client.ended() === 'FIN');
  assert.match(client.text(), /^HTTP\/1\.1 503 .*\r\nRetry-After: \d+\r\n.*http-equiv="refresh"/s);
  assert.equal(world.wakes.length, 1);
  assert.deepEqual(
    world.told.filter((each) => !each.startsWith('wake')),
    ['answered:waiting-page:503'],
  );
});

test('who is no browser is held, waiting page or not', options, async (t) => {
  const world = await setup(t, { hasWaitingPage: true });
  const texts = [
    request('/', { Accept: '*/*' }),
    request('/', { Accept: 'text/html' }, 'POST'),
    request('/', { Accept: 'text/html', Upgrade: 'websocket' }),
  ];
  for (const text of texts) (await world.dial()).socket.write(text);
  await until(() => world.resolver.connections()['uid-web']?.held === 3);
});

test('a browser that finds a pod ready gets the real page', options, async (t) => {
  const world = await setup(t, { hasWaitingPage: true, probeResponses: HEALTH });
  world.setPods(world.route, await startPod(t, pod()));
  const client = await world.dial();
  client.socket.write(request('/', { Accept: 'text/html' }));
  await client.sees('pod got /');
});

test('the first answer after a cold start says so where that is asked for', options, async (t) => {
  const world = await setup(t, { hasColdStartHeader: true, probeResponses: HEALTH });
  const client = await world.dial();
  client.socket.write(request('/1'));
  await until(() => world.wakes.length === 1);
  world.setPods(world.route, await startPod(t, pod()));
  await client.sees('pod got /1');
  client.socket.write(request('/2'));
  await client.sees('pod got /2');
  assert.match(client.text(), /^HTTP\/1\.1 200 OK\r\nX-Elasti-Cold-Start: true\r\n/);
  assert.equal(count(client.text(), 'X-Elasti-Cold-Start'), 1);
  const warm = await world.dial();
  warm.socket.write(request('/3'));
  await warm.sees('pod got /3');
  assert.equal(count(warm.text(), 'X-Elasti-Cold-Start'), 0);
});
