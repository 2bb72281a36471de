import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import request from 'supertest';
import type { Cluster } from '../cluster.ts';
import { createPageApp } from './app.ts';

const HOST = '127.0.0.1:7070';

/** The app over a cluster that only notes what is done to it, with so many requests under way. */
function setup({ open = 0 } = {}) {
  const done: string[] = [];
  const cluster = {
    say: () => {},
    send: async ({ name }: { name: string }) => void done.push(`send ${name}`),
    load: { set: (name: string, isOn: boolean) => done.push(`load ${name} ${isOn}`) },
    exchanges: { totals: () => ({ sent: open + 3, answered: 2, held: 0, lost: 1 }) },
    prometheus: { setUp: (isUp: boolean) => done.push(`prometheus ${isUp}`) },
    hooks: { killOne: () => undefined },
    resolvers: { killOne: () => 'resolver-1' },
  } as unknown as Cluster;
  const app = createPageApp(cluster, { add: () => {}, request: () => {}, stop: () => {} });
  const post = (action: string, body: string, headers: Record<string, string> = {}) =>
    request(app)
      .post(`/api/actions/${action}`)
      .set({ host: HOST, ...headers })
      .send(body);
  return { app, post, done };
}

describe('the page server', () => {
  it('carries out actions, whatever type curl gives the body', async () => {
    const { post, done } = setup();
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/plain']) {
      await post('send-one', '{"service":"web"}', { 'content-type': type }).expect(204);
    }
    await post('load', '{"service":"api","isOn":true}').expect(204);
    await post('break-prometheus', '').expect(204);
    await post('kill-resolver', '').expect(204);
    assert.deepEqual(done, ['send web', 'send web', 'send web', 'load api true', 'prometheus false']);
  });

  const bad: readonly (readonly [string, string, RegExp])[] = [
    ['nope', '{}', /there is no action nope/],
    ['send-one', '{"service":"nobody"}', /service: /],
    ['send-one', '{', /the body is not JSON/],
    ['load', '{"service":"web"}', /isOn: /],
    ['scale', '{"service":"web","replicas":4}', /replicas: /],
    ['kill-hook', '', /only one is ready/],
  ];
  for (const [action, body, message] of bad) {
    it(`answers 400 with a message to ${action} ${body}`, async () => {
      const { post, done } = setup();
      const response = await post(action, body).expect(400);
      assert.match(response.body.message, message);
      assert.deepEqual(done, []);
    });
  }

  it('sends no more than may be under way at once', async () => {
    await setup({ open: 400 }).post('send-hundred', '{"service":"web"}').expect(204);
    const { post, done } = setup({ open: 401 });
    await post('send-hundred', '{"service":"web"}').expect(400, { message: 'too many requests are under way already' });
    assert.deepEqual(done, []);
  });

  for (const host of ['evil.example', 'evil.example:7070', '127.0.0.1.evil.example', '']) {
    it(`refuses the Host ${host || 'that is empty'}`, async () => {
      const { app, post, done } = setup();
      await request(app).get('/').set('host', host).expect(403);
      await post('send-one', '{"service":"web"}', { host }).expect(403);
      assert.deepEqual(done, []);
    });
  }

  it('refuses what the page of another origin posts, and takes its own', async () => {
    const { post, done } = setup();
    for (const origin of ['http://evil.example', 'null', 'http://127.0.0.1:7071', 'https://127.0.0.1:7070']) {
      await post('send-one', '{"service":"web"}', { origin }).expect(403);
    }
    assert.deepEqual(done, []);
    await post('send-one', '{"service":"web"}', { origin: `http://${HOST}` }).expect(204);
  });

  it('serves TypeScript as JavaScript, and nothing outside of the page', async () => {
    const { app } = setup();
    const shared = await request(app).get('/api.ts').set('host', HOST).expect(200);
    assert.equal(shared.type, 'text/javascript');
    assert.doesNotMatch(shared.text, /export interface/);
    for (const path of ['/run.ts', '/../run.ts', '/%2e%2e/run.ts', '/..%2frun.ts', '/nothing.css', '/tsconfig.json']) {
      await request(app).get(path).set('host', HOST).expect(404);
    }
  });
});
