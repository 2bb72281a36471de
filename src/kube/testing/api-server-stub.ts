import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';
import { KubeConfig, type User } from '@kubernetes/client-node';

export interface Received {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: unknown;
}

/** Answers one request; the default is 200 with the given value as JSON. */
export type Answer = (received: Received, response: ServerResponse) => void;

/** An API server on loopback that records what it gets; it ends with the test. */
export async function startStub(t: TestContext, answer: Answer) {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const { method, url, headers } = request;
    received.push({ method, url, headers, body: body === '' ? undefined : JSON.parse(body) });
    answer(received.at(-1) as Received, response);
  });
  server.on('connection', () => {
    connections += 1;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { origin, received, connections: () => connections };
}

/** A kubeconfig for the stub; plain HTTP is allowed there only together with skipTLSVerify. */
export function makeKubeConfig(server: string, user: Partial<User> = { token: 'kube-token' }): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser({ name: 'stub', server, skipTLSVerify: true }, { ...user, name: 'user' });
  return kubeConfig;
}

/** Answers with this status and value. */
export function json(status: number, value: unknown): Answer {
  return (_received, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
  };
}

/** A Kubernetes Status, as the API server sends it with an error. */
export function status(code: number, reason: string, details?: unknown): Answer {
  return json(code, { kind: 'Status', status: 'Failure', message: `server text of ${code}`, reason, code, details });
}
