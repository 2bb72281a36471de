import type { ServerResponse } from 'node:http';
import { makeStatusObject, RefusedError } from './api-error.ts';
import type { RequestTarget } from './resources.ts';
import { makeSelects } from './selects.ts';
import type { Change, Store } from './store.ts';

export interface WatchOptions {
  readonly store: Store;
  readonly target: RequestTarget;
  readonly url: URL;
  readonly res: ServerResponse;
}

/** Clients take silence for a server that is gone. */
const BOOKMARK_MS = 20_000;

/** Answers a watch: the changes since the version that it names, and then each as it comes, until its time is up. */
export function watch({ store, target, url, res }: WatchOptions): void {
  const { resource, namespace } = target;
  const selects = makeSelects(url);
  const send = (event: unknown) => res.write(`${JSON.stringify(event)}\n`);
  const tell = ({ plural, type, object }: Change) => {
    if (plural !== resource?.plural || !selects(object)) return;
    if (namespace === undefined || object.metadata.namespace === namespace) send({ type, object });
  };

  res.writeHead(200, { 'content-type': 'application/json' });
  res.flushHeaders();
  const missed = store.changesSince(Number(url.searchParams.get('resourceVersion') ?? store.version()));
  if (missed === undefined) {
    send({ type: 'ERROR', object: makeStatusObject(new RefusedError(410, 'too old resource version')) });
    res.end();
    return;
  }
  for (const change of missed) tell(change);
  const unsubscribe = store.subscribe(tell);
  const bookmark = setInterval(() => {
    const metadata = { resourceVersion: String(store.version()) };
    send({ type: 'BOOKMARK', object: { apiVersion: target.apiVersion, kind: resource?.kind, metadata } });
  }, BOOKMARK_MS);
  const timeoutSeconds = Number(url.searchParams.get('timeoutSeconds') ?? 300);
  const end = setTimeout(() => res.end(), timeoutSeconds * 1000);
  res.on('close', () => {
    unsubscribe();
    clearInterval(bookmark);
    clearTimeout(end);
  });
}
