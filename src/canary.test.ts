import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { requestOf, WORLD } from './core/testing/world.ts';
import { until } from './resolver/cluster/testing/until.ts';

// The whole service as a process, with a secret of its own in each place where one may enter. None may come out anywhere.

const CANARIES = {
  hookToken: 'canary-hook-token',
  prometheusAuthorization: 'canary-prometheus-authorization',
  sentryKey: 'canarysentrykey',
  kubeToken: 'canary-kube-token',
  secretHeader: 'canary-secret-header',
  plainHeader: 'canary-plain-header',
  query: 'canary_query',
  serverPath: 'canary-server-path',
  annotation: 'canary-annotation',
  probeBody: 'canary-probe-body',
  prometheusAnswer: 'canary-prometheus-answer',
  apiAnswer: 'canary-api-answer',
  wrongToken: 'canary-wrong-token',
  malformedHook: 'canary-malformed-hook',
  malformedWake: 'canary-malformed-wake',
} as const;

// KubeElasti's resolver answers probes by /crd-cache; why the API server refused is for whoever may read the logs.
const ALLOWED = ['probeBody in crdCache', 'apiAnswer in logs'];

type Answer = (request: IncomingMessage & { readonly path: string }, response: ServerResponse) => void;

async function startServer(t: TestContext, answer: Answer) {
  const bodies: string[] = [];
  const heads: string[] = [];
  const server = createServer(async (request, response) => {
    heads.push(JSON.stringify({ url: request.url, headers: request.headers }));
    bodies.push(`${request.method} ${request.url?.split('?')[0]} ${await text(request)}`);
    answer(Object.assign(request, { path: request.url?.split('?')[0] ?? '' }), response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, bodies, heads };
}

const sendJson = (response: ServerResponse, status: number, value: unknown) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));

/** An API server that knows one Secret and one ElastiService, and fails at every scale with a text of its own. */
const makeApiServer =
  (parent: unknown): Answer =>
  ({ path, method }, response) => {
    if (path.endsWith('/secrets/login')) {
      const data = { authorization: Buffer.from(CANARIES.secretHeader).toString('base64') };
      return sendJson(response, 200, { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'login' }, data });
    }
    if (path.endsWith('/scale')) return sendJson(response, 500, { kind: 'Status', message: CANARIES.apiAnswer });
    if (path.endsWith('/elastiservices')) return sendJson(response, 200, { metadata: {}, items: [parent] });
    if (path.endsWith('/elastiservices/web')) return sendJson(response, 200, parent);
    sendJson(response, method === 'POST' ? 201 : 200, { metadata: {}, items: [] });
  };

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

function makeBody(prometheusPort: number) {
  const trigger = (metadata: object) => ({ type: 'prometheus', metadata: { threshold: '0.5', ...metadata } });
  const spec = {
    ...WORLD.spec,
    cooldownPeriod: 0,
    triggers: [
      // To the environment's server, with its Authorization.
      trigger({ query: `${CANARIES.query}_environment` }),
      trigger({
        query: `${CANARIES.query}{token="x"}`,
        serverAddress: `http://127.0.0.1:${prometheusPort}/${CANARIES.serverPath}`,
        headers: { 'X-Plain': CANARIES.plainHeader },
        secretHeaders: { Authorization: { name: 'login', key: 'authorization' } },
      }),
    ],
    probeResponse: [{ response: { status: 200, body: CANARIES.probeBody } }],
  };
  // It was serving, and now has no pod: that is worth an Event.
  const status = { mode: 'serve', phase: 'Serving', phaseSince: '2026-03-01T09:00:00Z', observedGeneration: 1 };
  const body = JSON.parse(JSON.stringify(requestOf({ ...WORLD, spec, status, pods: [] })));
  body.parent.metadata.annotations = {
    'example.com/note': CANARIES.annotation,
    'elasti.truefoundry.com/wake': `2026-03-01T12:00:00Z/${CANARIES.annotation}`,
    'elasti.truefoundry.com/keep-awake-until': CANARIES.annotation,
  };
  body.parent.metadata.managedFields = [{ manager: CANARIES.annotation }];
  body.controller = {};
  return body;
}

async function setup(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'elasti-canary-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const prometheus = await startServer(t, (_request, response) =>
    sendJson(response, 500, { status: 'error', error: CANARIES.prometheusAnswer }),
  );
  const sentry = await startServer(t, (_request, response) => response.end('{}'));
  const body = makeBody(prometheus.port);
  const api = await startServer(t, makeApiServer(body.parent));
  writeFileSync(
    join(directory, 'kubeconfig'),
    JSON.stringify({
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      clusters: [{ name: 'x', cluster: { server: `http://127.0.0.1:${api.port}`, 'insecure-skip-tls-verify': true } }],
      users: [{ name: 'x', user: { token: CANARIES.kubeToken } }],
    }),
  );
  const [hookPort, serverPort, metricsPort] = [await freePort(), await freePort(), await freePort()];
  const child = spawn(process.execPath, ['--import', './src/instrument.ts', 'src/main.ts'], {
    cwd: join(import.meta.dirname, '..'),
    env: {
      PATH: process.env.PATH,
      KUBECONFIG: join(directory, 'kubeconfig'),
      LISTEN_ADDRESS: '127.0.0.1',
      HOOK_PORT: String(hookPort),
      SERVER_PORT: String(serverPort),
      METRICS_PORT: String(metricsPort),
      HOOK_TOKEN: CANARIES.hookToken,
      PROMETHEUS_TRIGGER_SERVER_ADDRESS: `http://127.0.0.1:${prometheus.port}`,
      PROMETHEUS_TRIGGER_AUTHORIZATION_HEADER: `Bearer ${CANARIES.prometheusAuthorization}`,
      SENTRY_DSN: `http://${CANARIES.sentryKey}@127.0.0.1:${sentry.port}/1`,
      LOG_LEVEL: 'debug',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const ended = once(child, 'close');
  await until('the service to listen', () => output.includes('"listening"'));
  const post = async (port: number, path: string, content: string, token: string = CANARIES.hookToken) => {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
    return (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: content })).text();
  };
  return {
    ...{ body: JSON.stringify(body), prometheus, sentry, api },
    hook: (path: string, content: string, token?: string) => post(hookPort, path, content, token),
    wake: (content: string) => post(serverPort, '/informer/incoming-request', content),
    read: async (path: string) =>
      (await fetch(`http://127.0.0.1:${path === '/metrics' ? metricsPort : serverPort}${path}`)).text(),
    output: () => output,
    end: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

test('no secret that enters the service comes out of it', { timeout: 60_000 }, async (t) => {
  const { body, hook, wake, read, end, output, prometheus, sentry, api } = await setup(t);
  const out: Record<string, string> = {};

  await hook('/sync', body);
  const isAsked = () => prometheus.heads.join().includes(CANARIES.secretHeader);
  await until('Prometheus to be asked with every header', isAsked);
  out.sync = await hook('/sync', body);
  out.finalize = await hook('/finalize', body.replace('"finalizing":false', '"finalizing":true'));
  out.customize = await hook('/customize', body);
  out.refused = await hook('/sync', body, CANARIES.wrongToken);
  out.malformed = await hook('/sync', `{"parent": "${CANARIES.malformedHook}"}`);
  out.garbage = await hook('/sync', `{"parent": ${CANARIES.malformedHook}`);
  out.wake = await wake(JSON.stringify({ count: 1, svc: 'web', namespace: 'shop' }));
  out.badWake = await wake(JSON.stringify({ count: 1, svc: { [CANARIES.malformedWake]: CANARIES.malformedWake } }));
  out.metrics = await read('/metrics');
  out.crdCache = await read('/crd-cache');
  out.ready = await read('/readyz');
  await end();
  out.logs = output();
  out.sentry = sentry.bodies.join('\n');
  out.writes = api.bodies.filter((call) => !call.startsWith('GET ')).join('\n');

  // They all did enter, and all outputs are there.
  const asked = prometheus.heads.join();
  for (const name of ['prometheusAuthorization', 'secretHeader', 'plainHeader', 'query', 'serverPath'] as const)
    assert.ok(asked.includes(CANARIES[name]), name);
  assert.ok(api.heads.join().includes(CANARIES.kubeToken));
  assert.match(sentry.heads.join(), new RegExp(CANARIES.sentryKey));
  assert.match(out.sync, /"conditions"/);
  assert.match(out.logs, /did not do as asked/);
  assert.match(out.sentry, /SERVER_ERROR/);
  assert.match(out.writes, /POST \/api\/v1\/namespaces\/shop\/events/);
  assert.match(out.metrics, /elasti_kube_requests_total\{[^}]*SERVER_ERROR/);

  const found = Object.entries(out).flatMap(([where, what]) =>
    Object.entries(CANARIES)
      .filter(([, canary]) => what.includes(canary))
      .map(([name]) => `${name} in ${where}`),
  );
  assert.deepEqual(found, ALLOWED);
});
