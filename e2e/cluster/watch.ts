import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from './kube-object.ts';
import type { Transport } from './transport.ts';

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: T;
}

export interface Watching {
  /** Resolves when the first list has been delivered. */
  readonly synced: Promise<void>;
  stop(): void;
}

interface Watched {
  readonly metadata: { readonly uid: string; readonly resourceVersion: string };
}

export type Watch = <T = KubeObject>(
  path: string,
  onEvent: (event: WatchEvent<T>) => void,
  options?: { query?: string },
) => Watching;

const RECONNECT_MS = 200;

export function createWatch({ call, stream }: Pick<Transport, 'call' | 'stream'>): Watch {
  return (path, onEvent, { query = '' } = {}) => {
    const { promise: synced, resolve: markSynced } = Promise.withResolvers<void>();
    const stopping = new AbortController();
    const known = new Map<string, Watched>();

    function deliver(type: WatchEvent<Watched>['type'], object: Watched): void {
      if (type === 'DELETED') known.delete(object.metadata.uid);
      else known.set(object.metadata.uid, object);
      try {
        (onEvent as (event: WatchEvent<Watched>) => void)({ type, object });
      } catch (error) {
        // A bug of the listener, not of the connection: let it end the process instead of being retried in silence.
        queueMicrotask(() => {
          throw error;
        });
      }
    }

    /** Turns the difference to what was known into events; resolves to the list's version. */
    async function list(): Promise<string> {
      const { items, metadata } = await call<{ items: Watched[] } & Watched>('GET', `${path}?${query}`);
      if (stopping.signal.aborted) return metadata.resourceVersion;
      const listed = new Set(items.map(({ metadata: { uid } }) => uid));
      for (const [uid, object] of known) if (!listed.has(uid)) deliver('DELETED', object);
      for (const object of items) deliver(known.has(object.metadata.uid) ? 'MODIFIED' : 'ADDED', object);
      return metadata.resourceVersion;
    }

    /** Ends with the connection; an ERROR event (an expired version above all) ends it too. */
    async function follow(version: string): Promise<void> {
      const response = await stream(`${path}?${query}&watch=1&resourceVersion=${version}`, stopping.signal);
      for await (const line of createInterface({ input: response })) {
        if (stopping.signal.aborted) return;
        const { type, object } = JSON.parse(line) as { type: WatchEvent<Watched>['type'] | 'ERROR'; object: Watched };
        if (type === 'ERROR') return void response.destroy();
        deliver(type, object);
      }
    }

    async function keepWatching(): Promise<void> {
      while (!stopping.signal.aborted) {
        try {
          const version = await list();
          markSynced();
          await follow(version);
        } catch {
          // The API server may be down for a while on purpose: the next list makes up for what was missed.
        }
        await sleep(RECONNECT_MS, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }

    void keepWatching();
    return { synced, stop: () => stopping.abort() };
  };
}
