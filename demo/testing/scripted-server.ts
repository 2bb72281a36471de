import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import type { DemoState, RequestEvent, ServiceDetail } from '../api.ts';
import { readStaticFile } from '../page-server/static-files.ts';

export interface ScriptedServer {
  readonly url: string;
  /** What the page asked for, in order. */
  readonly asked: readonly { readonly action: string; readonly body: unknown }[];
  state(state: DemoState): void;
  request(event: RequestEvent): void;
  stop(): Promise<void>;
}

/** Plays to the page what a test wants it to see: states that no cluster takes on at will, such as Blocked or a loss. */
export async function startScriptedServer({
  state: first,
  detail,
  port = 0,
}: {
  readonly state: DemoState;
  readonly detail: ServiceDetail;
  readonly port?: number;
}): Promise<ScriptedServer> {
  const streams = new Set<ServerResponse>();
  const asked: { action: string; body: unknown }[] = [];
  let latest = first;
  const send = (event: string, data: unknown) => {
    for (const stream of streams) stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  };
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const path = new URL(req.url ?? '/', 'http://localhost').pathname;
    if (path === '/api/events') {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      streams.add(res);
      res.on('close', () => streams.delete(res));
      res.write(`event: state\ndata: ${JSON.stringify(latest)}\n\n`);
    } else if (path.startsWith('/api/services/')) res.end(JSON.stringify(detail));
    else if (path.startsWith('/api/actions/')) {
      asked.push({ action: path.slice('/api/actions/'.length), body: await json(req) });
      res.writeHead(204).end();
    } else {
      const file = await readStaticFile(path);
      if (file) res.writeHead(200, { 'content-type': file.type }).end(file.body);
      else res.writeHead(404).end();
    }
  };
  const server = createServer((req, res) => {
    answer(req, res).catch((error) => res.destroy(error));
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    state: (state) => {
      latest = state;
      send('state', state);
    },
    request: (event) => send('request', event),
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
