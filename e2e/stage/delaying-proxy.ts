import { readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { readKubeconfig } from '../cluster/kubeconfig.ts';
import type { ClusterLayout } from '../cluster/layout.ts';

export interface DelayingProxy {
  readonly url: URL;
  /** Resolves when a request is being held. */
  readonly holding: Promise<void>;
  /** Sends the held request on its way, whether its sender still waits or not; resolves to the API server's status. */
  release(): Promise<number>;
  close(): void;
}

interface ProxyOptions {
  readonly layout: ClusterLayout;
  /** The first request for which it says yes is held. */
  readonly isHeld: (request: { readonly method: string; readonly path: string }) => boolean;
}

/** A proxy in front of the API server, with its certificate, that keeps one request on the way for as long as a test wants. */
export async function startDelayingProxy({ layout, isHeld }: ProxyOptions): Promise<DelayingProxy> {
  const { server, ca } = readKubeconfig(layout.kubeconfig);
  const holding = Promise.withResolvers<void>();
  const letGo = Promise.withResolvers<void>();
  const released = Promise.withResolvers<number>();
  let hasHeld = false;

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/' } = incoming;
    const body = Buffer.concat(await incoming.toArray());
    const isThisHeld = !hasHeld && isHeld({ method, path });
    if (isThisHeld) {
      hasHeld = true;
      holding.resolve();
      await letGo.promise;
    }
    const { host: _, ...headers } = incoming.headers;
    const options = { host: server.hostname, port: server.port, ca, method, path, headers };
    const outgoing = request(options, (answer) => {
      if (isThisHeld) released.resolve(answer.statusCode ?? 0);
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    outgoing.on('error', () => response.destroy());
    outgoing.end(body);
  }

  const readPem = (name: string) => readFileSync(join(layout.pki, name));
  const proxy = createServer({ cert: readPem('server.crt'), key: readPem('server.key') }, (incoming, response) => {
    // Whoever gave up on the answer is not interested in why it fails.
    response.on('error', () => {});
    pass(incoming, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    url: new URL(`https://127.0.0.1:${port}`),
    holding: holding.promise,
    release: () => {
      letGo.resolve();
      return released.promise;
    },
    close: () => {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
