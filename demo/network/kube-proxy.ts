import { createServer, type Server, type Socket } from 'node:net';
import { resetSocket } from '../../src/resolver/reset-socket.ts';
import type { Change, Store } from '../control-plane/store.ts';
import type { Addresses } from './addresses.ts';
import { type Endpoint, readEndpoints, type ServicePortName } from './endpoints.ts';
import { listenNear } from './ports.ts';
import { type ConnectionWatcher, relay } from './relay.ts';

export interface ClusterAddress {
  /** The real port that stands for the Service's cluster address. */
  readonly port: number;
  /** Where a new connection goes now. */
  endpoints(): readonly Endpoint[];
}

export interface KubeProxy {
  /** Opens a port for a port of a Service; `watch` is asked once for each connection. */
  serve(
    name: ServicePortName,
    options: {
      readonly wantedPort: number;
      readonly watch: (connection: {
        readonly clientPort: number;
        readonly endpoint: Endpoint | undefined;
      }) => ConnectionWatcher;
    },
  ): Promise<ClusterAddress>;
  /** Whoever was at the address is gone, and so are the connections to it. */
  cut(address: string): void;
  close(): void;
}

/** kube-proxy programs a change soon, but not twice within this time. */
const SYNC_PERIOD_MS = 200;

/** Nobody is told of a connection. */
export const unwatched = (): ConnectionWatcher => ({ clientSent: () => {}, backendSent: () => {}, ended: () => {} });

/** A node's kube-proxy: a connection goes to one of the endpoints that are programmed, by chance, and stays there. */
export function createKubeProxy({
  store,
  addresses,
}: {
  readonly store: Store;
  readonly addresses: Addresses;
}): KubeProxy {
  const servers: Server[] = [];
  const programs = new Map<ServicePortName, readonly Endpoint[]>();
  const carried = new Map<string, Set<{ cut(): void }>>();
  let timer: NodeJS.Timeout | undefined;

  const program = () => {
    timer = undefined;
    for (const name of programs.keys()) programs.set(name, readEndpoints(store, name));
  };
  const unsubscribe = store.subscribe(({ plural }: Change) => {
    if (plural === 'endpointslices') timer ??= setTimeout(program, SYNC_PERIOD_MS * (0.2 + 0.8 * Math.random()));
  });

  const pick = (name: ServicePortName): Endpoint | undefined => {
    const endpoints = programs.get(name) ?? [];
    return endpoints[Math.floor(Math.random() * endpoints.length)];
  };
  const carry = (client: Socket, endpoint: Endpoint | undefined, watcher: ConnectionWatcher) => {
    const realPort = endpoint && addresses.realPortOf(endpoint.address, endpoint.port);
    if (endpoint === undefined || realPort === undefined) {
      client.on('error', () => {});
      resetSocket(client);
      watcher.ended({ isCut: true });
      return;
    }
    const all = carried.get(endpoint.address) ?? new Set();
    carried.set(endpoint.address, all);
    const connection = relay(client, realPort, {
      ...watcher,
      ended: (how) => {
        all.delete(connection);
        if (all.size === 0) carried.delete(endpoint.address);
        watcher.ended(how);
      },
    });
    all.add(connection);
  };

  return {
    serve: async (name, { wantedPort, watch }) => {
      programs.set(name, readEndpoints(store, name));
      const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
        const endpoint = pick(name);
        carry(client, endpoint, watch({ clientPort: client.remotePort ?? 0, endpoint }));
      });
      servers.push(server);
      const port = await listenNear(server, wantedPort);
      return { port, endpoints: () => programs.get(name) ?? [] };
    },
    cut: (address) => {
      for (const connection of [...(carried.get(address) ?? [])]) connection.cut();
    },
    close: () => {
      unsubscribe();
      clearTimeout(timer);
      for (const server of servers) server.close();
      for (const all of [...carried.values()]) for (const connection of [...all]) connection.cut();
    },
  };
}
