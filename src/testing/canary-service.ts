import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { CANARIES, makeBody } from './canaries.ts';
import { freePort } from './free-port.ts';
import { until } from './until.ts';

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

/** The whole service as a process, between an API server, a Prometheus and a Sentry that keep what they get. */
export async function startWithCanaries(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'elasti-canary-'));
  t.after(() => rmSync(directory, { recursive: true }));
  const prometheus = await startServer(t, (_request, response) =>
    sendJson(response, 500, { status: 'error', error: CANARIES.prometheusAnswer }),
  );
  const collector = await startServer(t, (_request, response) => response.end('{}'));
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
    cwd: join(import.meta.dirname, '../..'),
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
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${collector.port}`,
      OTEL_EXPORTER_OTLP_HEADERS: `x-key=${CANARIES.collectorHeader}`,
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
    const traced = { traceparent: CANARIES.traceparentNoise, cookie: CANARIES.malformedWake };
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...traced };
    return (await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: content })).text();
  };
  return {
    ...{ body: JSON.stringify(body), prometheus, sentry, collector, api },
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
