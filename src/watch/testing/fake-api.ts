import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TestContext } from 'node:test';

export interface FakeObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
}

interface Stored {
  readonly version: number;
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly plural: string;
  readonly object: FakeObject;
}

interface Watcher {
  readonly plural: string;
  readonly matches: (object: FakeObject) => boolean;
  readonly response: ServerResponse;
}

/** Answers a request in the server's place; false: the server answers after all. */
export type Override = (url: URL, response: ServerResponse, request: IncomingMessage, body: unknown) => boolean;

/** Lists in pages and watches of any kind, over real HTTP on loopback; ends with the test. */
export async function startFakeApi(t: TestContext, { port = 0 }: { readonly port?: number } = {}) {
  const objects = new Map<string, Stored>();
  const history: Stored[] = [];
  const watchers = new Set<Watcher>();
  const requests: URL[] = [];
  let overrides: readonly Override[] = [];
  let version = 100;
  let compactedAt = 0;

  const send = ({ response }: Watcher, type: string, object: unknown) =>
    response.write(`${JSON.stringify({ type, object })}\n`);
  const tell = (stored: Stored) => {
    history.push(stored);
    for (const watcher of watchers) {
      if (watcher.plural === stored.plural && watcher.matches(stored.object)) send(watcher, stored.type, stored.object);
    }
  };

  const list = (url: URL, plural: string, response: ServerResponse) => {
    const all = [...objects.values()].filter((o) => o.plural === plural && matcherOf(url)(o.object));
    const limit = Number(url.searchParams.get('limit') ?? all.length);
    const from = Number(url.searchParams.get('continue') ?? 0);
    const rest = from + limit < all.length ? { continue: String(from + limit) } : {};
    const items = all.slice(from, from + limit).map(({ object }) => object);
    response.end(JSON.stringify({ metadata: { resourceVersion: String(version), ...rest }, items }));
  };

  const watch = (url: URL, plural: string, response: ServerResponse) => {
    const from = Number(url.searchParams.get('resourceVersion'));
    const watcher = { plural, matches: matcherOf(url), response };
    response.writeHead(200);
    response.flushHeaders();
    if (from < compactedAt) {
      send(watcher, 'ERROR', { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' });
      return void response.end();
    }
    for (const event of history) {
      if (event.version > from && event.plural === plural && watcher.matches(event.object)) {
        send(watcher, event.type, event.object);
      }
    }
    watchers.add(watcher);
    response.on('close', () => watchers.delete(watcher));
  };

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '', 'http://api');
    const body = await text(request);
    requests.push(url);
    if (overrides.some((answer) => answer(url, response, request, body === '' ? undefined : JSON.parse(body)))) return;
    const plural = url.pathname.split('/').at(-1) ?? '';
    if (url.searchParams.has('watch')) watch(url, plural, response);
    else list(url, plural, response);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    if (!server.listening) return;
    server.close();
    await once(server, 'close');
  };
  t.after(stop);
  const address = server.address() as AddressInfo;

  return {
    origin: `http://127.0.0.1:${address.port}`,
    port: address.port,
    /** Every request so far. */
    requests,
    watching: (plural: string) => [...watchers].filter((watcher) => watcher.plural === plural).length,
    lists: (plural: string) =>
      requests.filter((url) => url.pathname.endsWith(`/${plural}`) && !url.searchParams.has('watch')).length,

    /** Writes an object; `isMissed` keeps the watches that are open from hearing of it. */
    put: (plural: string, object: FakeObject, { isMissed = false }: { readonly isMissed?: boolean } = {}) => {
      version += 1;
      const key = keyOf(plural, object);
      const metadata = { ...object.metadata, resourceVersion: String(version) };
      const type = objects.has(key) ? 'MODIFIED' : 'ADDED';
      const stored: Stored = { version, type, plural, object: { ...object, metadata } };
      objects.set(key, stored);
      if (isMissed) history.push(stored);
      else tell(stored);
    },
    remove: (plural: string, ref: { readonly namespace?: string; readonly name: string }) => {
      version += 1;
      const key = keyOf(plural, { metadata: ref });
      const stored = objects.get(key);
      if (!stored) throw new Error(`there is no ${key}`);
      objects.delete(key);
      const metadata = { ...stored.object.metadata, resourceVersion: String(version) };
      tell({ version, type: 'DELETED', plural, object: { ...stored.object, metadata } });
    },
    /** Moves every watch of a kind to the present. */
    bookmark: (plural: string) => {
      version += 1;
      const object = { metadata: { resourceVersion: String(version) } };
      for (const watcher of watchers) if (watcher.plural === plural) send(watcher, 'BOOKMARK', object);
    },
    /** Sends bytes to the watches of a kind as they are. */
    sendRaw: (plural: string, bytes: string | Buffer) => {
      for (const watcher of watchers) if (watcher.plural === plural) watcher.response.write(bytes);
    },
    /** Ends the watches of a kind as a server does whose time is up. */
    endWatches: (plural: string) => {
      for (const watcher of watchers) if (watcher.plural === plural) watcher.response.end();
    },
    /** Breaks all connections. */
    breakConnections: () => server.closeAllConnections(),
    /** Forgets the history: watches from before are refused with 410. */
    compact: () => {
      compactedAt = version + 1;
      version += 1;
      history.length = 0;
    },
    version: () => version,
    /** Answers in the server's place until the returned function is called. */
    override: (answer: Override) => {
      overrides = [...overrides, answer];
      return () => {
        overrides = overrides.filter((each) => each !== answer);
      };
    },
    stop,
  };
}

export type FakeApi = Awaited<ReturnType<typeof startFakeApi>>;

function keyOf(plural: string, { metadata }: Pick<FakeObject, 'metadata'>): string {
  return `${plural} ${metadata.namespace ?? ''}/${metadata.name}`;
}

/** By namespace in the path and by equalities in the label selector. */
function matcherOf(url: URL): (object: FakeObject) => boolean {
  const namespace = /\/namespaces\/([^/]+)\//.exec(url.pathname)?.[1];
  const wanted = (url.searchParams.get('labelSelector') ?? '')
    .split(',')
    .filter((part) => part !== '')
    .map((part) => part.split('='));
  return ({ metadata }) =>
    (namespace === undefined || metadata.namespace === namespace) &&
    wanted.every(([label, value]) => metadata.labels?.[label ?? ''] === value);
}
