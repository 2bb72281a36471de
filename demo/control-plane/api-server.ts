import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { HOST, listenNear } from '../network/ports.ts';
import { makeStatusObject, RefusedError } from './api-error.ts';
import { describeGroup, parsePath, type RequestTarget } from './resources.ts';
import { makeSelects } from './selects.ts';
import type { SentObject, Store, StoredObject } from './store.ts';
import { watch } from './watch.ts';
import { create, patch, read, remove, replace } from './writes.ts';

export interface ApiServer {
  readonly url: string;
  close(): void;
}

/** Serves a store over HTTP, as far as the hook service, the resolver and Metacontroller ask for. */
export async function startApiServer(store: Store): Promise<ApiServer> {
  const answer = async (req: IncomingMessage, res: ServerResponse) => {
    const url = new URL(req.url ?? '', 'http://api');
    if (url.pathname === '/version') return sendJson(res, 200, { gitVersion: 'v1.36.0-demo' });
    const target = parsePath(url.pathname);
    if (target === undefined) throw new RefusedError(404, `there is no ${url.pathname}`);
    if (url.searchParams.has('watch')) return watch({ store, target, url, res });
    if (target.name === undefined && req.method === 'GET') return sendJson(res, 200, list(store, target, url));
    const body = await text(req);
    const sent = (body === '' ? { metadata: {} } : JSON.parse(body)) as SentObject;
    sendJson(res, req.method === 'POST' ? 201 : 200, carryOut(store, target, { req, sent }));
  };

  const server = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => {
      const refusal = error instanceof RefusedError ? error : new RefusedError(400, String(error));
      sendJson(res, refusal.status, makeStatusObject(refusal));
    });
  });
  server.keepAliveTimeout = 95_000;
  const port = await listenNear(server, 0);
  return {
    url: `http://${HOST}:${port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function list(store: Store, { apiVersion, resource, namespace }: RequestTarget, url: URL): unknown {
  if (resource === undefined) {
    const group = describeGroup(apiVersion);
    if (group === undefined) throw new RefusedError(404, `there is no ${apiVersion}`);
    return group;
  }
  const items = store.list(resource.plural, namespace).filter(makeSelects(url));
  return { apiVersion, kind: `${resource.kind}List`, metadata: { resourceVersion: String(store.version()) }, items };
}

function carryOut(
  store: Store,
  { resource, namespace = '', name, subresource }: RequestTarget,
  { req, sent }: { readonly req: IncomingMessage; readonly sent: SentObject },
): unknown {
  if (resource === undefined) throw new RefusedError(404, 'there is no such resource');
  // Nobody reads them here, and they would only pile up.
  if (resource.kind === 'Event') return sent;
  const { plural } = resource;
  const request = {
    store,
    resource,
    subresource,
    body: sent,
    name: { plural, namespace, name: name ?? sent.metadata.name },
  };
  const shape = (object: StoredObject) => (subresource === 'scale' ? makeScale(object) : object);
  switch (req.method) {
    case 'GET':
      return shape(read(request));
    case 'POST':
      return create(request);
    case 'PUT':
      return replace(request);
    case 'PATCH':
      return shape(patch(request, req.headers['content-type'] ?? ''));
    case 'DELETE':
      return remove(request);
    default:
      throw new RefusedError(400, `${req.method} is not known here`);
  }
}

function makeScale({ metadata, spec }: StoredObject) {
  const { name, namespace, uid, resourceVersion } = metadata;
  const { replicas } = spec as { replicas: number };
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion },
    spec: { replicas },
  };
}

function sendJson(res: ServerResponse, status: number, body: unknown): void {
  if (!res.headersSent) res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
