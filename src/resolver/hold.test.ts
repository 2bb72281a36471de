import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as macrotask } from 'node:timers/promises';
import { createVirtualClock } from '../effects/testing/virtual-clock.ts';
import { freePort } from '../testing/free-port.ts';
import type { RouteSettings } from './ports.ts';
import { connectTo, request } from './testing/client.ts';
import { makeRoute } from './testing/models.ts';
import { startPod, startWorld, until, type WorldOptions } from './testing/world.ts';

const options = { timeout: 30_000 };

async function setup(
  t: TestContext,
  settings: Partial<RouteSettings> = {},
  more: Omit<WorldOptions, 'routes' | 'clock'> = {},
) {
  const clock = createVirtualClock();
  const route = makeRoute('web', await freePort(), settings);
  const world = await startWorld(t, { routes: [route], clock, ...more });
  return { ...world, clock, route, dial: () => connectTo(t, route.resolverPort) };
}

const hello = () => createHttpServer((_req, res) => res.end('hello'));
const isHeld = (world: Awaited<ReturnType<typeof setup>>, n: number) => () =>
  (world.resolver.connections()['uid-web']?.held ?? 0) === n;
/** Lets what is on the way arrive: loopback delivers at once, and each turn of the loop takes what was delivered. */
const arrive = async () => {
  for (let n = 0; n < 20; n++) await macrotask();
};

test('the first byte wakes, and the request is answered when a pod is ready', options, async (t) => {
  const world = await setup(t);
  const client = await world.dial();
  client.socket.write(request('/'));
  await until(isHeld(world, 1));
  assert.deepEqual(world.wakes, [{ service: 'web', held: 1 }]);
  world.setPods(world.route, await startPod(t, hello()));
  await client.sees('hello');
  assert.deepEqual(
    world.told.filter((each) => !each.startsWith('wake')),
    ['held', 'released:http1', 'firstByte:0'],
  );
});

test('a hundred that wait are one wake, repeated every 5 s until nobody waits', options, async (t) => {
  const world = await setup(t);
  const clients = await Promise.all(Array.from({ length: 100 }, () => world.dial()));
  for (const { socket } of clients) socket.write(request('/'));
  await until(isHeld(world, 100));
  assert.equal(world.wakes.length, 1);
  await world.clock.advance(4975);
  assert.equal(world.wakes.length, 1);
  await world.clock.advance(25);
  assert.deepEqual(world.wakes[1], { service: 'web', held: 100 });
  for (const { socket } of clients) socket.resetAndDestroy();
  await until(isHeld(world, 0));
  await world.clock.advance(60_000);
  assert.equal(world.wakes.length, 2);
});

test('a wake is not sent again while one is on its way', options, async (t) => {
  const gate = Promise.withResolvers<void>();
  const world = await setup(t, {}, { sendWake: () => gate.promise });
  (await world.dial()).socket.write('x');
  await until(isHeld(world, 1));
  await world.clock.advance(20_000);
  assert.equal(world.wakes.length, 1);
  gate.resolve();
  await world.clock.advance(25);
  assert.equal(world.wakes.length, 2);
});

test('a wake that failed is tried again within 1.5 s', options, async (t) => {
  const world = await setup(t, {}, { sendWake: () => Promise.reject(new Error('nobody there')) });
  (await world.dial()).socket.write('x');
  await until(() => world.told.includes('wakeEnded:false'));
  await world.clock.advance(475);
  assert.equal(world.wakes.length, 1);
  await world.clock.advance(1075);
  assert.ok(world.wakes.length >= 2);
});

test('silence wakes after 200 ms, not before', options, async (t) => {
  const world = await setup(t);
  await world.dial();
  await until(() => world.clock.nextAtMs() !== undefined);
  await world.clock.advance(175);
  assert.equal(world.wakes.length, 0);
  await world.clock.advance(25);
  assert.equal(world.wakes.length, 1);
  assert.ok(isHeld(world, 1)());
});

test('silence never wakes where that is set, and its first byte does', options, async (t) => {
  const world = await setup(t, { silentWakeMs: undefined });
  const client = await world.dial();
  await until(() => world.clock.nextAtMs() !== undefined);
  await world.clock.advance(60_000);
  assert.equal(world.wakes.length, 0);
  client.socket.write('x');
  await until(isHeld(world, 1));
  assert.equal(world.wakes.length, 1);
});

test('a health check that connects and closes wakes nobody', options, async (t) => {
  const world = await setup(t);
  for (const how of ['end', 'destroy', 'resetAndDestroy'] as const) {
    const { socket } = await world.dial();
    await until(() => world.clock.nextAtMs() !== undefined);
    socket[how]();
    if (!socket.closed) await once(socket, 'close');
    await arrive();
    await world.clock.advance(1000);
  }
  assert.deepEqual(world.told, []);
  assert.deepEqual(world.wakes, []);
});

test('a client that is gone frees its place at once', options, async (t) => {
  for (const first of [request('/'), 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x16\x03\x01\x00\xa5']) {
    const world = await setup(t);
    const client = await world.dial();
    client.socket.write(first, 'latin1');
    await until(isHeld(world, 1));
    client.socket.destroy();
    await arrive();
    // An HTTP/1 client is told by a write that it might only have closed its side.
    await world.clock.advance(25);
    await until(isHeld(world, 0));
    assert.ok(world.told.includes('left'));
  }
});

test('a client that sends more than is kept is noticed when it resets', options, async (t) => {
  const world = await setup(t, {}, { limits: { maxHeldBytesPerConnection: 1024 } });
  const client = await world.dial();
  client.socket.write(Buffer.alloc(4096, 'x'));
  await until(isHeld(world, 1));
  client.socket.resetAndDestroy();
  await arrive();
  await world.clock.advance(25);
  await until(isHeld(world, 0));
});

test('a request whose client closed its side only is answered', options, async (t) => {
  for (const first of [request('/'), request('/', { Connection: 'close' }), 'GET / HTTP/1.0\r\n\r\n']) {
    const world = await setup(t);
    const client = await world.dial();
    client.socket.end(first);
    await until(isHeld(world, 1));
    await arrive();
    await world.clock.advance(1000);
    await arrive();
    assert.ok(isHeld(world, 1)());
    world.setPods(world.route, await startPod(t, hello()));
    await client.sees('hello');
    assert.equal(client.text().includes('100 Continue'), first.includes('HTTP/1.1'));
  }
});

test('what was held too long is told so: 503 for HTTP, a reset for the rest', options, async (t) => {
  const world = await setup(t, { holdSeconds: 10 });
  const [http, other] = [await world.dial(), await world.dial()];
  http.socket.write(request('/'));
  other.socket.write('hello?');
  await until(isHeld(world, 2));
  await world.clock.advance(9975);
  assert.ok(isHeld(world, 2)());
  await world.clock.advance(25);
  await http.sees('503 Service Unavailable');
  assert.match(http.text(), /\r\nRetry-After: \d+\r\n/);
  await until(() => other.ended() !== undefined);
  assert.equal(other.ended(), 'ECONNRESET');
  assert.deepEqual(
    world.told.filter((each) => each.startsWith('refused')),
    ['refused:hold-time', 'refused:hold-time'],
  );
  assert.ok(isHeld(world, 0)());
});

test('one more than a service may hold is refused, and a place that is free again is given', options, async (t) => {
  const world = await setup(t, { maxHeldConnections: 2 });
  const [first, second, third, fourth] = [
    await world.dial(),
    await world.dial(),
    await world.dial(),
    await world.dial(),
  ];
  first.socket.write('1');
  second.socket.write('2');
  await until(isHeld(world, 2));
  third.socket.write(request('/'));
  await third.sees('503 Service Unavailable');
  fourth.socket.write('4');
  await until(() => fourth.ended() === 'ECONNRESET');
  assert.equal(world.told.filter((each) => each === 'refused:connections').length, 2);
  for (const { socket } of [first, third]) socket.resetAndDestroy();
  await until(isHeld(world, 1));
  const fifth = await world.dial();
  fifth.socket.write('5');
  await until(isHeld(world, 2));
});

test('a service that holds more bytes than its share takes no more', options, async (t) => {
  const world = await setup(t, {}, { limits: { maxHeldBytes: 10_000 } });
  const [first, second] = [await world.dial(), await world.dial()];
  first.socket.write(Buffer.alloc(5000, 'x'));
  await until(isHeld(world, 1));
  second.socket.write(request('/'));
  await second.sees('503 Service Unavailable');
  assert.ok(world.told.includes('refused:bytes'));
});

test('a pod that does not answer yet is dialled every 25 ms until it does', options, async (t) => {
  const world = await setup(t);
  const client = await world.dial();
  client.socket.write(request('/'));
  await until(isHeld(world, 1));
  const port = await freePort();
  world.setPods(world.route, { address: '127.0.0.1', port });
  await until(() => world.told.includes('dialFailed:ECONNREFUSED'));
  const failures = () => world.told.filter((each) => each === 'dialFailed:ECONNREFUSED').length;
  await arrive();
  assert.equal(failures(), 1);
  await world.clock.advance(25);
  await until(() => failures() === 2);
  await arrive();
  assert.equal(failures(), 2);
  await startPod(t, hello(), port);
  await world.clock.advance(25);
  await client.sees('hello');
});

test('a pod that cannot be dialled leaves the traffic to another at once', options, async (t) => {
  const world = await setup(t);
  const dead = { address: '127.0.0.1', port: await freePort() };
  const pod = await startPod(t, hello());
  world.setPods(world.route, dead, pod);
  for (let n = 0; n < 20; n++) {
    const client = await world.dial();
    client.socket.write(request('/'));
    await client.sees('hello');
    client.socket.destroy();
  }
});

test('pods that were replaced get no new connection, and those open go on', options, async (t) => {
  const world = await setup(t);
  let oldOnes = 0;
  const echo = (name: string) =>
    createServer((socket) => socket.on('data', (chunk) => socket.write(`${name}${chunk}`)));
  const old = echo('old').on('connection', () => oldOnes++);
  world.setPods(world.route, await startPod(t, old));
  const first = await world.dial();
  first.socket.write('1');
  await first.sees('old1');
  world.setPods(world.route, await startPod(t, echo('fresh')));
  const second = await world.dial();
  second.socket.write('2');
  await second.sees('fresh2');
  first.socket.write('3');
  await first.sees('old3');
  assert.equal(oldOnes, 1);
});

test('the load is spread over the ready pods', options, async (t) => {
  const world = await setup(t);
  const seen = new Map<number, number>();
  const pods = await Promise.all(
    [1, 2, 3, 4].map((n) =>
      startPod(
        t,
        createServer(() => seen.set(n, (seen.get(n) ?? 0) + 1)),
      ),
    ),
  );
  const clients = await Promise.all(Array.from({ length: 80 }, () => world.dial()));
  for (const { socket } of clients) socket.write('x');
  await until(isHeld(world, 80));
  world.setPods(world.route, ...pods);
  // A pod that has not answered yet is tried by one more each tick.
  while ((world.resolver.connections()['uid-web']?.open ?? 0) < 80) {
    await arrive();
    await world.clock.advance(25);
  }
  await until(() => [...seen.values()].reduce((sum, each) => sum + each, 0) === 80);
  assert.ok(Math.max(...seen.values()) - Math.min(...seen.values()) <= 10, JSON.stringify([...seen]));
});

test('a name in place of an address is never looked up', options, async (t) => {
  const world = await setup(t);
  const pod = await startPod(t, hello());
  world.setPods(world.route, { address: 'localhost', port: pod.port });
  const client = await world.dial();
  client.socket.write(request('/'));
  await until(isHeld(world, 1));
  assert.ok(!world.told.some((each) => each.startsWith('dialFailed')));
});
