import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, ApiError, hasStatus } from './api-client.ts';
import { type KubeObject, keyOf } from './kube-object.ts';
import type { Logger } from './logger.ts';
import { ObjectStore } from './object-store.ts';
import { type ResourceType, resourcePath } from './resource-type.ts';

export interface ObjectHandler {
  readonly onAdd: (object: KubeObject) => void;
  readonly onUpdate: (before: KubeObject, after: KubeObject) => void;
  readonly onDelete: (object: KubeObject) => void;
}

interface ListPage {
  readonly items?: readonly KubeObject[];
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
}

interface WatchEvent {
  readonly type: string;
  readonly object: KubeObject & { readonly code?: number; readonly message?: string };
}

const PAGE_SIZE = '500';
const FIRST_RETRY_MS = 200;
const LONGEST_RETRY_MS = 30_000;

/** A cache of all objects of one kind, kept up to date by list and watch. Handlers see the cache already changed. */
export class Informer {
  readonly type: ResourceType;
  readonly store = new ObjectStore();
  readonly #api: Api;
  readonly #logger: Logger;
  readonly #handlers = new Set<ObjectHandler>();
  readonly #stop = new AbortController();
  readonly #synced = Promise.withResolvers<void>();
  #hasSynced = false;

  constructor(type: ResourceType, api: Api, logger: Logger) {
    this.type = type;
    this.#api = api;
    this.#logger = logger;
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  /** Resolves after the first complete list. */
  whenSynced(): Promise<void> {
    return this.#synced.promise;
  }

  /** Adds a handler, shows it what is there already, and returns how to take it away. */
  addHandler(handler: ObjectHandler): () => void {
    this.#handlers.add(handler);
    for (const object of this.store.all()) handler.onAdd(object);
    return () => {
      this.#handlers.delete(handler);
    };
  }

  start(): void {
    void this.#run();
  }

  stop(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      try {
        const resourceVersion = await this.#list();
        failures = 0;
        await this.#watchFrom(resourceVersion);
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (hasStatus(error, 410)) continue;
        this.#logger.info({ err: error, resource: this.type.resource }, 'cannot list or watch');
        const waitMs = Math.min(FIRST_RETRY_MS * 2 ** failures, LONGEST_RETRY_MS);
        failures += 1;
        await sleep(waitMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      }
    }
  }

  async #list(): Promise<string> {
    const listed = new Set<string>();
    let next = '';
    for (;;) {
      const page = await this.#api.send<ListPage>({
        method: 'GET',
        path: resourcePath(this.type),
        query: { limit: PAGE_SIZE, ...(next ? { continue: next } : {}) },
        signal: this.#stop.signal,
      });
      // Built-in kinds leave apiVersion and kind out of list items.
      const { apiVersion, kind } = this.type;
      for (const item of page.items ?? []) {
        const object = { ...item, apiVersion, kind };
        listed.add(keyOf(object));
        this.#put(object);
      }
      next = page.metadata.continue ?? '';
      if (next) continue;
      for (const key of this.store.keys()) if (!listed.has(key)) this.#remove(key);
      this.#hasSynced = true;
      this.#synced.resolve();
      return page.metadata.resourceVersion;
    }
  }

  /** Watches on from one connection to the next; throws when a new list is needed. */
  async #watchFrom(listed: string): Promise<void> {
    let resourceVersion = listed;
    while (!this.#stop.signal.aborted) {
      const timeoutSeconds = String(300 + Math.floor(Math.random() * 300));
      await this.#api.stream(
        {
          method: 'GET',
          path: resourcePath(this.type),
          query: { watch: 'true', allowWatchBookmarks: 'true', resourceVersion, timeoutSeconds },
          signal: this.#stop.signal,
        },
        (line) => {
          const event = JSON.parse(line) as WatchEvent;
          if (event.type === 'ERROR')
            throw new ApiError(event.object.code ?? 500, event.object.message ?? 'watch error');
          resourceVersion = event.object.metadata.resourceVersion ?? resourceVersion;
          if (event.type === 'DELETED') this.#remove(keyOf(event.object), event.object);
          else if (event.type !== 'BOOKMARK') this.#put(event.object);
        },
      );
    }
  }

  #put(object: KubeObject): void {
    const before = this.store.get(keyOf(object));
    if (before && before.metadata.resourceVersion === object.metadata.resourceVersion) return;
    this.store.put(object);
    for (const handler of this.#handlers) {
      if (before) handler.onUpdate(before, object);
      else handler.onAdd(object);
    }
  }

  #remove(key: string, last?: KubeObject): void {
    const before = this.store.remove(key);
    if (!before) return;
    for (const handler of this.#handlers) handler.onDelete(last ?? before);
  }
}
