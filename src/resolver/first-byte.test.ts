import assert from 'node:assert/strict';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { createVirtualClock } from '../effects/testing/virtual-clock.ts';
import { freePort } from '../testing/free-port.ts';
import type { RouteSettings } from './ports.ts';
import { connectTo, request } from './testing/client.ts';
import { makeRoute } from './testing/models.ts';
import { startPod, startWorld, until } from './testing/world.ts';

const options = { timeout: 30_000 };

/** A pod that says what the test has it say. */
async function setup(t: TestContext, settings: Partial<RouteSettings> = {}) {
  const clock = createVirtualClock();
  const route = makeRoute('web', await freePort(), settings);
  const world = await startWorld(t, { routes: [route], clock });
  const served: Socket[] = [];
  const asked: string[] = [];
  const pod = await startPod(
    t,
    createServer((socket) => {
      served.push(socket);
      socket.on('data', (chunk) => asked.push(String(chunk)));
    }),
  );
  return {
    clock,
    served,
    asked,
    dial: () => connectTo(t, route.resolverPort),
    wakeUp: () => world.setPods(route, pod),
    isHeld: () => world.resolver.connections()['uid-web']?.held === 1,
    firstBytes: () => world.told.filter((each) => each.startsWith('firstByte')),
  };
}

test('a request that was held is timed from the pod to its first byte, and not to its second', options, async (t) => {
  const { clock, served, asked, dial, wakeUp, isHeld, firstBytes } = await setup(t);
  const client = await dial();
  client.socket.write(request('/'));
  await until(isHeld);
  await clock.advance(3000);
  wakeUp();
  await until(() => asked.length === 1);
  assert.deepEqual(firstBytes(), []);
  await clock.advance(700);
  served[0]?.write('HTTP/1.1 200 OK\r\n');
  await client.sees('200');
  await clock.advance(400);
  served[0]?.write('content-length: 0\r\n\r\n');
  await client.sees('content-length');
  assert.deepEqual(firstBytes(), ['firstByte:0.7']);
});

test('a pod that speaks first is timed from the connection', options, async (t) => {
  const { clock, served, dial, wakeUp, isHeld, firstBytes } = await setup(t, { silentWakeMs: 0 });
  const client = await dial();
  await until(isHeld);
  wakeUp();
  await until(() => served.length === 1);
  await clock.advance(300);
  served[0]?.write('220 ready\r\n');
  await client.sees('220');
  assert.deepEqual(firstBytes(), ['firstByte:0.3']);
});

test('what a client takes until it asks is no time of the pod', options, async (t) => {
  const { clock, served, asked, dial, wakeUp, isHeld, firstBytes } = await setup(t, { silentWakeMs: 0 });
  const client = await dial();
  await until(isHeld);
  wakeUp();
  await until(() => served.length === 1);
  await clock.advance(5000);
  client.socket.write('ask');
  await until(() => asked.length === 1);
  await clock.advance(200);
  served[0]?.write('answer');
  await client.sees('answer');
  assert.deepEqual(firstBytes(), ['firstByte:0.2']);
});

test('a connection that found a pod ready is no cold start', options, async (t) => {
  const { served, asked, dial, wakeUp, firstBytes } = await setup(t);
  wakeUp();
  const client = await dial();
  client.socket.write(request('/'));
  await until(() => asked.length === 1);
  served[0]?.write('HTTP/1.1 200 OK\r\n');
  await client.sees('200');
  assert.deepEqual(firstBytes(), []);
});
