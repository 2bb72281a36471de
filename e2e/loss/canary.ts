import { once } from 'node:events';
import { connect, createServer, type Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi } from '../cluster/api.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import type { Harm } from './causes.ts';
import { CANARY_ADDRESS } from './sources.ts';

const NAMESPACE = 'default';
const NAME = 'loss-canary';
const EVERY_MS = 250;
/** kube-proxy acts once in a second, and on a busy machine a little later. */
const STILL_MS = 3000;
const CONNECT_MS = 1000;

/**
 * A Service whose one endpoint is moved again and again, asked as clients do. Tells of each time in which a move did not come
 * through, because the API server took no write or kube-proxy did not hear of it.
 */
export async function startCanary(api: KubeApi, tell: (harm: Harm) => void): Promise<{ stop(): Promise<void> }> {
  const servers = await Promise.all([startServer(), startServer()]);
  const ports = servers.map(portOf);
  let moves = 0;
  const write = () => api.apply(makeSlice(ports[moves % 2] ?? 0));
  await api.apply(SERVICE);
  await write();
  const service = await api.call<KubeObject & { spec: { clusterIP: string } }>(
    'GET',
    urlOf('v1/services', NAMESPACE, NAME),
  );

  const stopping = new AbortController();
  const running = (async () => {
    let wellUntilMs: number | undefined;
    while (!stopping.signal.aborted) {
      if ((await askWho(service.spec.clusterIP)) === ports[moves % 2]) {
        const now = performance.now();
        // The first time it only has to come about.
        if (now - (wellUntilMs ?? now) > STILL_MS)
          tell({ kind: 'standstill', fromMs: wellUntilMs ?? now, untilMs: now });
        wellUntilMs = now;
        moves += 1;
      }
      // What has been written already is no write.
      await write().catch(() => {});
      await sleep(EVERY_MS);
    }
  })();
  return {
    async stop() {
      stopping.abort();
      await running;
      for (const server of servers) server.close();
    },
  };
}

const SERVICE = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: NAME, namespace: NAMESPACE },
  spec: { ports: [{ name: 'who', port: 80 }] },
};

const makeSlice = (port: number) => ({
  ...{ apiVersion: 'discovery.k8s.io/v1', kind: 'EndpointSlice', addressType: 'IPv4' },
  metadata: { name: NAME, namespace: NAMESPACE, labels: { 'kubernetes.io/service-name': NAME } },
  ports: [{ name: 'who', port, protocol: 'TCP' }],
  endpoints: [{ addresses: [CANARY_ADDRESS], conditions: { ready: true } }],
});

/** Says on which port it listens. */
async function startServer(): Promise<Server> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end(String(portOf(server)));
  });
  server.listen(0, CANARY_ADDRESS);
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

/** The port behind the Service; undefined: nobody. */
function askWho(host: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port: 80 });
    let text = '';
    socket.setTimeout(CONNECT_MS, () => socket.destroy());
    socket.on('data', (chunk) => {
      text += chunk;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text === '' ? undefined : Number(text)));
  });
}
