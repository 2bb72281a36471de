import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WakeRequest } from '../../api/wake.ts';
import { startStub, status } from '../../kube/testing/api-server-stub.ts';
import { freePort } from '../../testing/free-port.ts';
import { createPostWake } from './post-wake.ts';
import { makeClaim } from './testing/fixtures.ts';

const LONG = { held: 3, timeoutMs: 10_000, isFreshConnection: false };

test('posts what the wake route takes', async (t) => {
  const { origin, received } = await startStub(t, (_received, response) => response.end('{}'));
  assert.equal(await createPostWake(`${origin}/`)(makeClaim(), LONG), 200);
  const [request] = received;
  assert.equal(request?.method, 'POST');
  assert.equal(request?.url, '/informer/incoming-request');
  assert.equal(request?.headers['content-type'], 'application/json');
  assert.deepEqual(WakeRequest.strict().parse(request?.body), { count: 3, svc: 'web', namespace: 'shop' });
});

test('counts at least one, which is what the route takes', async (t) => {
  const { origin, received } = await startStub(t, (_received, response) => response.end('{}'));
  await createPostWake(origin)(makeClaim(), { ...LONG, held: 0 });
  assert.equal(WakeRequest.parse(received[0]?.body).count, 1);
});

test('a time-out may be any part of a millisecond', async (t) => {
  const { origin } = await startStub(t, (_received, response) => response.end('{}'));
  assert.equal(await createPostWake(origin)(makeClaim(), { ...LONG, timeoutMs: 932.096 }), 200);
});

test('gives the status, whatever it is', async (t) => {
  const { origin } = await startStub(t, status(503, 'Unavailable'));
  assert.equal(await createPostWake(origin)(makeClaim(), LONG), 503);
});

test('keeps its connection, unless it is to be a fresh one', async (t) => {
  const { origin, connections } = await startStub(t, (_received, response) => response.end('{}'));
  const postWake = createPostWake(origin);
  for (let wakes = 0; wakes < 3; wakes++) {
    await postWake(makeClaim(), LONG);
    // The connection goes back to the pool when the answer has ended.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  assert.equal(connections(), 1);
  await postWake(makeClaim(), { ...LONG, isFreshConnection: true });
  assert.equal(connections(), 2);
});

test('nobody there, nobody answering, and an answer broken off are all no answer', async (t) => {
  const dead = createPostWake(`http://127.0.0.1:${await freePort()}`);
  assert.equal(await dead(makeClaim(), LONG), undefined);
  const silent = await startStub(t, () => {});
  assert.equal(await createPostWake(silent.origin)(makeClaim(), { ...LONG, timeoutMs: 30 }), undefined);
  const broken = await startStub(t, (_received, response) => response.destroy());
  assert.equal(await createPostWake(broken.origin)(makeClaim(), LONG), undefined);
});
