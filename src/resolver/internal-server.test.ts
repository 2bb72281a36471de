import assert from 'node:assert/strict';
import { test } from 'node:test';
import request from 'supertest';
import { createGate } from '../http/gate.ts';
import { createKeptLog } from '../testing/kept-log.ts';
import { createInternalApp, type InternalAppDeps } from './internal-server.ts';

function setup(overrides: Partial<InternalAppDeps> = {}) {
  const gate = createGate({ maxInFlight: 1, random: () => 0 });
  const reported: unknown[] = [];
  const app = createInternalApp({
    listeningPorts: () => [],
    connections: () => ({}),
    metricsText: async () => ({ contentType: 'text/plain', body: [Buffer.from('metrics')] }),
    isReady: async () => ({ ready: true, reason: '' }),
    gate,
    monotonicMs: () => 0,
    log: createKeptLog().log,
    report: (error) => reported.push(error),
    ...overrides,
  });
  return { app, gate, reported };
}

test('GET /ports has the ports in order', async () => {
  const { app } = setup({ listeningPorts: () => [10_257, 10_241, 9999] });
  const { body } = await request(app).get('/ports').expect(200);
  assert.deepEqual(body, { listening: [9999, 10_241, 10_257] });
});

test('GET /connections has the services by UID', async () => {
  const web = { open: 3, held: 1, bytesIn: 123, bytesOut: 456, lastByteAgoSeconds: 0.4 };
  const { app } = setup({ connections: () => ({ 'uid-web': web }) });
  const { body } = await request(app).get('/connections').expect(200);
  assert.deepEqual(body, { services: { 'uid-web': web } });
});

test('GET /readyz follows readiness, and is 503 from the shutdown on', async () => {
  const { app, gate } = setup();
  await request(app).get('/readyz').expect(200);
  gate.shutDown();
  await request(app).get('/readyz').expect(503);
  const notYet = setup({ isReady: async () => ({ ready: false, reason: 'not yet' }) });
  await request(notYet.app).get('/readyz').expect(503, { status: 'not ready', reason: 'not yet' });
  await request(notYet.app).get('/healthz').expect(200);
});

test('while shutting down the other routes go on', async () => {
  const { app, gate } = setup({ listeningPorts: () => [10_241] });
  gate.shutDown();
  await request(app)
    .get('/ports')
    .expect(200, { listening: [10_241] });
  await request(app).get('/connections').expect(200);
  await request(app).get('/metrics').expect(200, 'metrics');
  await request(app).get('/healthz').expect(200);
});

test('other methods and paths are refused, and are no bugs', async () => {
  const { app, reported } = setup();
  for (const path of ['/ports', '/connections']) await request(app).post(path).expect(405);
  await request(app).get('/elsewhere').expect(404);
  assert.deepEqual(reported, []);
});
