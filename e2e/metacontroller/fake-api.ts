import { setImmediate as turn } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { type Api, ApiError, type ApiRequest } from './api-client.ts';
import type { KubeObject } from './kube-object.ts';
import { type ResourceType, resourcePath } from './resource-type.ts';

/** An API server in memory for unit tests: objects by path, a list of what was asked, and watches that a test feeds. */
export class FakeApi implements Api {
  readonly requests: string[] = [];
  readonly objects = new Map<string, KubeObject>();
  /** Errors to answer with, by `METHOD path`, each used once. */
  readonly failures = new Map<string, ApiError[]>();
  readonly #watchers = new Map<string, (line: string) => void>();
  #version = 100;

  put(type: ResourceType, object: KubeObject): KubeObject {
    const stored = this.#stamp(object);
    this.objects.set(pathOf(type, object), stored);
    return stored;
  }

  /** Tells a watcher of a kind about a change. */
  emit(type: ResourceType, event: 'ADDED' | 'MODIFIED' | 'DELETED', object: KubeObject): void {
    this.#watchers.get(resourcePath(type))?.(JSON.stringify({ type: event, object: this.#stamp(object) }));
  }

  /** The requests since the last call. */
  takeRequests(): string[] {
    return this.requests.splice(0);
  }

  async send<T>({ method, path, body }: ApiRequest): Promise<T> {
    this.requests.push(`${method} ${path}`);
    const failure = this.failures.get(`${method} ${path}`)?.shift();
    if (failure) throw failure;
    const isStatus = path.endsWith('/status');
    const object = this.objects.get(isStatus ? path.slice(0, -'/status'.length) : path);
    switch (method) {
      case 'POST':
        return body as T;
      case 'GET':
        if (!object) return (await this.#list(path)) as T;
        return object as T;
      case 'DELETE':
        if (!object) throw new ApiError(404, 'not found');
        this.objects.delete(path);
        return {} as T;
      default: {
        if (!object && method === 'PUT') throw new ApiError(404, 'not found');
        const sent = body as KubeObject;
        const changed = isStatus && object ? { ...object, status: sent.status } : { ...object, ...sent };
        const stored = this.#stamp(changed, object);
        this.objects.set(isStatus ? path.slice(0, -'/status'.length) : path, stored);
        return stored as T;
      }
    }
  }

  stream({ path }: ApiRequest, onLine: (line: string) => void): Promise<void> {
    this.#watchers.set(path, onLine);
    return new Promise(() => undefined);
  }

  async #list(path: string): Promise<unknown> {
    await turn();
    if (/\/(services|endpointslices|elastiservices)$/.test(path)) {
      const kind = path.slice(path.lastIndexOf('/'));
      const items = [...this.objects].filter(([key]) => key.includes(`${kind}/`)).map(([, object]) => object);
      return { items, metadata: { resourceVersion: '1' } };
    }
    throw new ApiError(404, 'not found');
  }

  #stamp(object: KubeObject, before?: KubeObject): KubeObject {
    if (before && isDeepStrictEqual(object, before)) return before;
    this.#version += 1;
    const uid = before?.metadata.uid ?? object.metadata.uid ?? `uid-${this.#version}`;
    return { ...object, metadata: { ...object.metadata, uid, resourceVersion: String(this.#version) } };
  }
}

export function pathOf(type: ResourceType, { metadata }: KubeObject): string {
  return resourcePath(type, { namespace: metadata.namespace, name: metadata.name });
}
