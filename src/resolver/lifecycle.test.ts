import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createVirtualClock } from '../effects/testing/virtual-clock.ts';
import { freePort } from '../testing/free-port.ts';
import { connectTo, request } from './testing/client.ts';
import { makeRoute } from './testing/models.ts';
import { startPod, startWorld, until, type WorldOptions } from './testing/world.ts';

const options = { timeout: 30_000 };

const named = (name: string) => createServer((socket) => socket.on('data', () => socket.write(name)));
const held = (world: Awaited<ReturnType<typeof startWorld>>, uid: string) => world.resolver.connections()[uid]?.held;

async function isRefused(t: TestContext, port: number): Promise<boolean> {
  const client = await connectTo(t, port);
  await until(
    () => client.socket.readyState !== 'opening' && (client.socket.readyState === 'open' || client.socket.closed),
  );
  return client.ended() === 'ECONNREFUSED';
}

/** A connection that runs through the only pod, which is no endpoint any more. */
async function runOne(t: TestContext, more: Pick<WorldOptions, 'clock'> = {}) {
  const route = makeRoute('web', await freePort());
  const world = await startWorld(t, { routes: [route], ...more });
  const pod = await startPod(t, named('web'));
  world.setPods(route, pod);
  const running = await connectTo(t, route.resolverPort);
  running.socket.write('1');
  await running.sees('web');
  world.setPods(route);
  return { route, world, pod, running };
}

test('a port listens from when its claim comes to when it goes', options, async (t) => {
  const [web, db] = [makeRoute('web', await freePort()), makeRoute('db', await freePort())];
  const world = await startWorld(t, { routes: [web] });
  assert.ok(await isRefused(t, db.resolverPort));
  world.setRoutes([web, db]);
  await until(() => world.resolver.listening().length === 2);
  assert.deepEqual(
    world.resolver.listening(),
    [web.resolverPort, db.resolverPort].toSorted((a, b) => a - b),
  );
  assert.ok(!(await isRefused(t, db.resolverPort)));
  world.setRoutes([db]);
  assert.deepEqual(world.resolver.listening(), [db.resolverPort]);
  assert.ok(await isRefused(t, web.resolverPort));
});

test('a port that is taken is told, and listened on when it is free', options, async (t) => {
  const clock = createVirtualClock();
  const port = await freePort();
  const squatter = createServer();
  await startPod(t, squatter, port);
  const failures: string[] = [];
  const world = await startWorld(t, {
    routes: [],
    clock,
    events: { listenFailed: (_, e) => failures.push(e.message) },
  });
  world.setRoutes([makeRoute('web', port)]);
  await until(() => failures.length === 1);
  assert.match(String(failures[0]), /EADDRINUSE/);
  assert.deepEqual(world.resolver.listening(), []);
  squatter.close();
  await until(() => !squatter.listening && clock.nextAtMs() !== undefined);
  await clock.advance(1000);
  await until(() => world.resolver.listening().length === 1);
});

test('running and held connections outlive their port', options, async (t) => {
  const { route, world, pod, running } = await runOne(t);
  const waiting = await connectTo(t, route.resolverPort);
  waiting.socket.write('2');
  await until(() => held(world, route.uid) === 1);
  world.setRoutes([]);
  world.setPods(route, pod);
  await waiting.sees('web');
  running.socket.write('3');
  await running.sees('webweb');
});

test('a port that comes to another service never leads to the pods of the first', options, async (t) => {
  const port = await freePort();
  const [first, second] = [makeRoute('first', port), makeRoute('second', port)];
  const world = await startWorld(t, { routes: [first] });
  const early = await connectTo(t, port);
  early.socket.write('1');
  await until(() => held(world, first.uid) === 1);
  world.setRoutes([second]);
  await until(() => world.resolver.listening().includes(port));
  const late = await connectTo(t, port);
  late.socket.write('2');
  await until(() => held(world, second.uid) === 1);
  world.setPods(first, await startPod(t, named('pod of first')));
  await early.sees('pod of first');
  assert.equal(held(world, second.uid), 1);
  world.setPods(second, await startPod(t, named('pod of second')));
  await late.sees('pod of second');
  assert.equal(late.text(), 'pod of second');
  assert.equal(early.text(), 'pod of first');
});

/** A port with a pod behind it whose claim is about to go. */
async function claimedPort(t: TestContext) {
  const clock = createVirtualClock();
  const route = makeRoute('web', await freePort());
  const world = await startWorld(t, { routes: [route], clock });
  const pod = await startPod(t, named('web'));
  world.setPods(route, pod);
  const ask = async () => {
    const client = await connectTo(t, route.resolverPort);
    client.socket.write('1');
    await client.sees('web');
  };
  return { clock, route, world, pod, ask };
}

test(
  'a port serves on for a while after its claim is gone, since kube-proxy may hear of that late',
  options,
  async (t) => {
    const { clock, route, world, ask } = await claimedPort(t);
    // The private Service goes before the claims do.
    world.setPods(route);
    await clock.advance(5000);
    world.setRoutes([]);
    assert.deepEqual(world.resolver.listening(), [], 'no slice is to name it');
    await clock.advance(29_000);
    await ask();
    await clock.advance(1000);
    assert.ok(await isRefused(t, route.resolverPort));
  },
);

test('it does not serve on to pods that ceased to be ready long before', options, async (t) => {
  const { clock, route, world } = await claimedPort(t);
  world.setPods(route);
  await clock.advance(11_000);
  world.setRoutes([]);
  assert.ok(await isRefused(t, route.resolverPort));
});

test('a claim that comes back meanwhile counts as if it had never been gone', options, async (t) => {
  const { clock, route, world, pod, ask } = await claimedPort(t);
  world.setRoutes([]);
  await clock.advance(10_000);
  world.setRoutes([route]);
  assert.deepEqual(world.resolver.listening(), [route.resolverPort]);
  await clock.advance(30_000);
  await ask();
  world.setPods(route);
  const late = await connectTo(t, route.resolverPort);
  late.socket.write('2');
  await until(() => held(world, route.uid) === 1);
  world.setPods(route, pod);
  await late.sees('web');
});

test('a port that serves on ends at once where another service claims it', options, async (t) => {
  const { route, world } = await claimedPort(t);
  world.setRoutes([]);
  const second = makeRoute('second', route.resolverPort);
  world.setRoutes([second]);
  await until(() => world.resolver.listening().includes(route.resolverPort));
  const client = await connectTo(t, route.resolverPort);
  client.socket.write('1');
  await until(() => held(world, second.uid) === 1);
});

test('who waits follows the private Service when that is made anew', options, async (t) => {
  const route = makeRoute('web', await freePort());
  const world = await startWorld(t, { routes: [route] });
  const client = await connectTo(t, route.resolverPort);
  client.socket.write('1');
  await until(() => held(world, route.uid) === 1);
  const renewed = { ...route, privateServiceUid: 'private-uid-renewed' };
  world.setRoutes([renewed]);
  world.setPods(renewed, await startPod(t, named('web')));
  await client.sees('web');
});

test('new settings count for those who come after them', options, async (t) => {
  const route = makeRoute('web', await freePort());
  const world = await startWorld(t, { routes: [route] });
  const rule = { path: { value: '/healthz' }, response: { status: 200 as const, body: 'fine' } };
  world.setRoutes([{ ...route, settings: { ...route.settings, probeResponses: [rule] } }]);
  const client = await connectTo(t, route.resolverPort);
  client.socket.write(request('/healthz'));
  await client.sees('fine');
  world.setRoutes([route]);
  const other = await connectTo(t, route.resolverPort);
  other.socket.write(request('/healthz'));
  await until(() => held(world, route.uid) === 1);
});

test('closing refuses new connections, and carries the others to their end', options, async (t) => {
  const clock = createVirtualClock();
  const route = makeRoute('web', await freePort());
  const world = await startWorld(t, { routes: [route], clock });
  const client = await connectTo(t, route.resolverPort);
  client.socket.write('1');
  await until(() => held(world, route.uid) === 1);
  let isClosed = false;
  const closed = world.resolver.close(60_000).then(() => {
    isClosed = true;
  });
  assert.ok(await isRefused(t, route.resolverPort));
  await clock.advance(30_000);
  assert.ok(!isClosed);
  world.setPods(route, await startPod(t, named('web')));
  await client.sees('web');
  client.socket.destroy();
  await until(() => world.told.includes('ended'));
  await clock.advance(25);
  await closed;
});

test('closing ends at the end of its grace time: 503 for HTTP that waits, a reset for all else', options, async (t) => {
  const clock = createVirtualClock();
  const { route, world, running } = await runOne(t, { clock });
  const [http, other] = [await connectTo(t, route.resolverPort), await connectTo(t, route.resolverPort)];
  http.socket.write(request('/'));
  other.socket.write('hello');
  await until(() => held(world, route.uid) === 2);
  const closed = world.resolver.close(10_000);
  await clock.advance(7_975);
  assert.equal(held(world, route.uid), 2);
  await clock.advance(50);
  await http.sees('503');
  await until(() => other.ended() === 'ECONNRESET');
  assert.equal(running.ended(), undefined);
  await clock.advance(1_975);
  await closed;
  await until(() => running.ended() === 'ECONNRESET');
});

test('a service that takes all it can get leaves room for others', options, async (t) => {
  const [greedy, modest] = [makeRoute('greedy', await freePort()), makeRoute('modest', await freePort())];
  const world = await startWorld(t, { routes: [greedy, modest], limits: { maxHeldConnections: 20 } });
  for (let n = 0; n < 15; n++) (await connectTo(t, greedy.resolverPort)).socket.write('x');
  await until(() => world.told.filter((each) => /^(held|refused)/.test(each)).length === 15);
  assert.equal(held(world, greedy.uid), 10);
  for (let n = 0; n < 5; n++) (await connectTo(t, modest.resolverPort)).socket.write('x');
  await until(() => held(world, modest.uid) === 5);
});

test('a service is reported for ten minutes after its last byte', options, async (t) => {
  const clock = createVirtualClock();
  const route = makeRoute('web', await freePort());
  const world = await startWorld(t, { routes: [route], clock });
  assert.deepEqual(world.resolver.connections(), {});
  world.setPods(route, await startPod(t, named('web')));
  const client = await connectTo(t, route.resolverPort);
  client.socket.write('1');
  await client.sees('web');
  client.socket.destroy();
  await until(() => world.told.includes('ended'));
  await clock.advance(599_000);
  assert.deepEqual(world.resolver.connections(), {
    'uid-web': { open: 0, held: 0, bytesIn: 1, bytesOut: 3, lastByteAgoSeconds: 599 },
  });
  await clock.advance(1000);
  assert.deepEqual(world.resolver.connections(), {});
});
