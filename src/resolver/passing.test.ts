import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { type TestContext, test } from 'node:test';
import { setImmediate as macrotask } from 'node:timers/promises';
import type { Clock } from '../effects/ports.ts';
import { createVirtualClock } from '../effects/testing/virtual-clock.ts';
import { freePort } from '../testing/free-port.ts';
import { connectTo, record } from './testing/client.ts';
import { makeRoute } from './testing/models.ts';
import { startPod, startWorld, until } from './testing/world.ts';

const options = { timeout: 60_000 };
const GIB = 2 ** 30;
const BLOCK = Buffer.alloc(256 * 1024);

/** A service that is asleep or has a pod already, and a pod whose end of each connection the test holds. */
async function setup(t: TestContext, { isAsleep, clock }: { readonly isAsleep: boolean; readonly clock?: Clock }) {
  const route = makeRoute('web', await freePort());
  const world = await startWorld(t, { routes: [route], ...(clock ? { clock } : {}) });
  const accepted: Socket[] = [];
  const pod = await startPod(
    t,
    createServer({ allowHalfOpen: true }, (socket) => accepted.push(socket)),
  );
  const wakeUp = () => world.setPods(route, pod);
  if (!isAsleep) wakeUp();
  return {
    ...world,
    /** A connection that has sent its first words, from both its ends. */
    join: async () => {
      const client = await connectTo(t, route.resolverPort);
      client.socket.write('first');
      if (isAsleep) await until(() => world.resolver.connections()['uid-web']?.held === 1);
      wakeUp();
      await until(() => accepted.length === 1);
      const socket = accepted[0] as Socket;
      const { text, ended } = record(socket);
      await until(() => text() === 'first');
      return { client, pod: { socket, text, ended } };
    },
  };
}

for (const isAsleep of [true, false]) {
  const when = isAsleep ? 'that was held' : 'that found a pod ready';

  test(`a connection ${when}: its client can close its side and still be answered`, options, async (t) => {
    const world = await setup(t, { isAsleep });
    const { client, pod } = await world.join();
    client.socket.end(' last');
    await until(() => pod.ended() === 'FIN');
    assert.equal(pod.text(), 'first last');
    pod.socket.end('answer');
    await until(() => client.ended() === 'FIN');
    assert.equal(client.text(), 'answer');
    await until(() => world.told.includes('ended'));
    assert.equal(world.resolver.connections()['uid-web']?.open, 0);
  });

  test(`a connection ${when}: the pod can close its side and still be sent to`, options, async (t) => {
    const { client, pod } = await (await setup(t, { isAsleep })).join();
    pod.socket.end('bye');
    await until(() => client.ended() === 'FIN');
    client.socket.end(' more');
    await until(() => pod.ended() === 'FIN');
    assert.equal(pod.text(), 'first more');
  });

  test(`a connection ${when}: a reset by the client reaches the pod`, options, async (t) => {
    const world = await setup(t, { isAsleep });
    const { client, pod } = await world.join();
    client.socket.resetAndDestroy();
    await until(() => pod.ended() !== undefined);
    assert.equal(pod.ended(), 'ECONNRESET');
    await until(() => world.told.includes('ended'));
  });

  test(`a connection ${when}: a reset by the pod reaches the client`, options, async (t) => {
    const world = await setup(t, { isAsleep });
    const { client, pod } = await world.join();
    pod.socket.resetAndDestroy();
    await until(() => client.ended() !== undefined);
    assert.equal(client.ended(), 'ECONNRESET');
    await until(() => world.told.includes('ended'));
  });
}

test('a client that half closed while it was held is passed on so', options, async (t) => {
  const route = makeRoute('web', await freePort());
  const world = await startWorld(t, { routes: [route] });
  const client = await connectTo(t, route.resolverPort);
  client.socket.end('all I have');
  await until(() => world.resolver.connections()['uid-web']?.held === 1);
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('end', () => socket.end(`you said: ${text}`));
  });
  world.setPods(route, await startPod(t, server));
  await client.sees('you said: all I have');
  await until(() => client.ended() === 'FIN');
});

test('an answer is delivered whole though the pod resets what the client sends after it', options, async (t) => {
  const world = await setup(t, { isAsleep: false });
  const { client, pod } = await world.join();
  client.socket.pause();
  const answer = 'x'.repeat(256 * 1024);
  pod.socket.end(answer);
  await until(() => world.resolver.connections()['uid-web']?.bytesOut === answer.length);
  pod.socket.destroy();
  // The first brings the reset about, and one after that meets it.
  for (let n = 0; n < 50; n++) {
    client.socket.write('nor this');
    await macrotask();
  }
  client.socket.resume();
  await until(() => client.ended() !== undefined);
  assert.equal(client.ended(), 'FIN');
  assert.equal(client.text().length, answer.length);
  client.socket.end();
  await until(() => world.told.includes('ended'));
});

for (const [name, isClient] of [
  ['a client', true],
  ['a pod', false],
] as const) {
  test(
    `${name} whose peer is gone after its end is let go after a while, so that it keeps nothing awake`,
    options,
    async (t) => {
      const clock = createVirtualClock();
      const world = await setup(t, { isAsleep: false, clock });
      const { client, pod } = await world.join();
      const [gone, left] = isClient ? [pod, client] : [client, pod];
      gone.socket.end('the last');
      await until(() => left.ended() === 'FIN');
      gone.socket.destroy();
      // This brings a reset about, as a keep-alive probe does.
      left.socket.write('to nobody');
      for (let n = 0; n < 50; n++) await macrotask();
      await clock.advance(15_000);
      for (let n = 0; n < 50; n++) await macrotask();
      await clock.advance(59_999);
      assert.equal(world.resolver.connections()['uid-web']?.open, 1);
      assert.ok(left.text().endsWith('the last'));
      await clock.advance(1);
      await until(() => world.told.includes('ended'));
      assert.equal(world.resolver.connections()['uid-web']?.open, 0);
    },
  );
}

test('bytes and connections are counted by service', options, async (t) => {
  const world = await setup(t, { isAsleep: true });
  const { client, pod } = await world.join();
  pod.socket.write('twelve bytes');
  await client.sees('twelve bytes');
  const { lastByteAgoSeconds, ...counts } = world.resolver.connections()['uid-web'] ?? {};
  assert.deepEqual(counts, { open: 1, held: 0, bytesIn: 5, bytesOut: 12 });
  assert.ok(lastByteAgoSeconds !== undefined && lastByteAgoSeconds < 60);
});

test('what finds a pod ready wakes with its first byte, so that no drain goes on', options, async (t) => {
  const world = await setup(t, { isAsleep: false });
  await world.join();
  assert.deepEqual(world.wakes, [{ service: 'web', held: 0 }]);
});

for (const direction of ['down', 'up'] as const) {
  test(`1 GiB ${direction}: a slow reader slows the sender`, options, async (t) => {
    const { client, pod } = await (await setup(t, { isAsleep: true })).join();
    const [from, to] = direction === 'down' ? [pod.socket, client.socket] : [client.socket, pod.socket];
    to.removeAllListeners('data');
    let sent = 0;
    let received = 0;
    let ahead = 0;
    to.on('data', (chunk: Buffer) => {
      received += chunk.length;
      ahead = Math.max(ahead, sent - received);
      // Each 32 MiB it stops until the sender has come to a stop, too.
      if (Math.floor(received / 2 ** 25) === Math.floor((received - chunk.length) / 2 ** 25)) return;
      to.pause();
      let before = -1;
      const look = () => {
        if (sent === before) return void to.resume();
        before = sent;
        setImmediate(() => setImmediate(look));
      };
      look();
    });
    const fill = () => {
      while (sent < GIB) {
        sent += BLOCK.length;
        if (!from.write(BLOCK)) return void from.once('drain', fill);
      }
      from.end();
    };
    const ended = once(to, 'end');
    fill();
    await ended;
    assert.equal(received, GIB);
    // What the kernel's buffers on both ways take, and no more.
    assert.ok(ahead < 40 * 2 ** 20, `${ahead} bytes ahead`);
  });
}
