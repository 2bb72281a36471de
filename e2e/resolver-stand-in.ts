import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { request as requestHttps } from 'node:https';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { privateServiceName } from '../src/core/names.ts';

// Takes the place of KubeElasti's resolver: finds the service by the Host header, wakes it, holds the request until a pod
// is ready, and passes it on through the private Service. HTTP only; bodies are small. Answers carry `x-resolver`.

const WAKE_URL = 'http://elasti-operator-controller-service.elasti.svc.cluster.local:8013/informer/incoming-request';
const WAKE_AGAIN_MS = 5000;
const WAKE_RETRY_MS = 200;
const HOLD_LIMIT_MS = 80_000;
const POLL_MS = 50;
/** Until kube-proxy has heard of pods that came or went. */
const DIAL_LIMIT_MS = 10_000;
const LINGER_MS = 3000;
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';

const Slices = z.looseObject({
  items: z.array(
    z.looseObject({
      endpoints: z.array(z.looseObject({ conditions: z.looseObject({ ready: z.boolean().optional() }) })).nullish(),
    }),
  ),
});

interface Target {
  readonly service: string;
  readonly namespace: string;
  readonly port: string;
}

const { LISTEN_ADDRESS = '127.0.0.1', HOSTNAME = 'resolver', KUBERNETES_SERVICE_HOST = '' } = process.env;
const log = (message: string) => process.stdout.write(`${new Date().toISOString()} ${message}\n`);

function targetOf({ headers: { host = '' } }: IncomingMessage): Target | undefined {
  const found = /^(?<service>[a-z0-9-]+)\.(?<namespace>[a-z0-9-]+)(\.svc[^:]*)?(:(?<port>\d+))?$/.exec(host)?.groups;
  if (!found?.service || !found.namespace) return undefined;
  return { service: found.service, namespace: found.namespace, port: found.port ?? '80' };
}

async function hasReadyPod({ service, namespace }: Target): Promise<boolean> {
  const selector = encodeURIComponent(`kubernetes.io/service-name=${privateServiceName(service)}`);
  const headers = { authorization: `Bearer ${readFileSync(`${ACCOUNT}/token`, 'utf8')}` };
  const path = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices?labelSelector=${selector}`;
  const options = {
    host: KUBERNETES_SERVICE_HOST,
    path,
    headers,
    ca: readFileSync(`${ACCOUNT}/ca.crt`),
    timeout: 2000,
  };
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const asking = requestHttps(options, resolve);
    asking
      .on('error', reject)
      .on('timeout', () => asking.destroy(new Error('timeout')))
      .end();
  });
  const { items } = Slices.parse(await json(response));
  return items.some(({ endpoints }) => endpoints?.some(({ conditions }) => conditions.ready !== false) ?? false);
}

async function wake({ service, namespace }: Target): Promise<boolean> {
  const body = JSON.stringify({ count: 1, svc: service, namespace });
  const headers = { 'content-type': 'application/json', connection: 'close' };
  try {
    const answer = await fetch(WAKE_URL, { method: 'POST', body, headers, signal: AbortSignal.timeout(2000) });
    log(`wake ${namespace}/${service}: ${answer.status}`);
    return answer.ok;
  } catch (error) {
    log(`wake ${namespace}/${service}: ${(error as Error).message}`);
    return false;
  }
}

/** Waits for a ready pod and wakes again and again meanwhile; false where that took too long. */
async function hold(target: Target): Promise<boolean> {
  const endsAt = performance.now() + HOLD_LIMIT_MS;
  const done = new AbortController();
  void (async () => {
    while (!done.signal.aborted) await sleep((await wake(target)) ? WAKE_AGAIN_MS : WAKE_RETRY_MS);
  })();
  try {
    while (performance.now() < endsAt) {
      if (await hasReadyPod(target).catch((error) => void log(`slices: ${error.message}`))) return true;
      await sleep(POLL_MS);
    }
    return false;
  } finally {
    done.abort();
  }
}

async function passOn({ service, namespace, port }: Target, incoming: IncomingMessage, body: Buffer) {
  const host = `${privateServiceName(service)}.${namespace}.svc.cluster.local`;
  const endsAt = performance.now() + DIAL_LIMIT_MS;
  for (;;) {
    try {
      return await new Promise<IncomingMessage>((resolve, reject) => {
        const { method, headers, url: path } = incoming;
        const options = { host, port, method, path, headers: { ...headers, connection: 'close' }, agent: false };
        request(options, resolve).on('error', reject).end(body);
      });
    } catch (error) {
      if (performance.now() > endsAt) throw error;
      await sleep(POLL_MS);
    }
  }
}

async function serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader('x-resolver', HOSTNAME);
  response.setHeader('connection', 'close');
  const target = targetOf(incoming);
  if (!target) return void response.writeHead(400).end('the Host header names no service\n');
  const body = Buffer.concat(await incoming.toArray());
  try {
    if (!(await hold(target))) return void response.writeHead(504).end('no pod became ready\n');
    const answer = await passOn(target, incoming, body);
    response.writeHead(answer.statusCode ?? 502, { 'x-pod': answer.headers['x-pod'] ?? '' });
    answer.pipe(response);
  } catch (error) {
    log(`${target.namespace}/${target.service}: ${(error as Error).message}`);
    response.writeHead(502).end(`${(error as Error).message}\n`);
  }
}

const proxy = createServer((incoming, response) => void serve(incoming, response)).listen(8012, LISTEN_ADDRESS);
createServer((_, response) => void response.end('ok\n')).listen(8013, LISTEN_ADDRESS);
process.on('SIGTERM', async () => {
  // New connections arrive until kube-proxy has taken this pod out.
  await sleep(LINGER_MS);
  proxy.close(() => process.exit(0));
});
