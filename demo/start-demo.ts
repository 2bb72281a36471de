import { createServer, type RequestListener } from 'node:http';
import { type Cluster, startCluster } from './cluster.ts';
import { HOST, listenNear } from './network/ports.ts';
import { createPageApp } from './page-server/app.ts';
import { createEventStream } from './page-server/event-stream.ts';
import { makeState } from './state.ts';

export interface DemoOptions {
  /** The page's port, and those after it the services'; others where they are taken. 0: any. */
  readonly port: number;
  /** Prints a line: who, and what. */
  readonly say: (who: string, what: string) => void;
  /** Told where the page is as soon as that is known: until the rest is there, it says so. */
  readonly onPage?: (page: Pick<Demo, 'url' | 'port'>) => void;
}

export interface Demo {
  readonly url: string;
  readonly port: number;
  readonly cluster: Cluster;
  stop(): Promise<void>;
}

/** Starts the whole demo; nothing of it is left once stop has resolved. */
export async function startDemo({ port: wanted, say, onPage }: DemoOptions): Promise<Demo> {
  let app = sayStarting;
  const server = createServer((req, res) => app(req, res));
  const port = await listenNear(server, wanted);
  const url = `http://${HOST}:${port}/`;
  onPage?.({ url, port });
  const cluster = await startCluster({ firstPort: wanted === 0 ? 0 : port + 1, say });
  const events = createEventStream(() => makeState(cluster));
  cluster.exchanges.subscribe(events.request);
  app = createPageApp(cluster, events);
  return {
    url,
    port,
    cluster,
    stop: async () => {
      events.stop();
      server.close();
      server.closeAllConnections();
      await cluster.stop();
    },
  };
}

/** A browser asks again by itself. */
const sayStarting: RequestListener = (_req, res) => {
  res.writeHead(503, { refresh: '1', 'retry-after': '1', 'content-type': 'text/plain' }).end('The demo is starting.\n');
};
