import { setTimeout as sleep } from 'node:timers/promises';
import { type Api, ApiError, hasStatus } from './api-client.ts';
import type { KubeObject } from './kube-object.ts';
import { type ResourceType, resourcePath } from './resource-type.ts';

const CONFLICT_WAITS_MS = [10, 50, 250];

/** Reads and writes objects of any kind. */
export class ObjectClient {
  readonly #api: Api;

  constructor(api: Api) {
    this.#api = api;
  }

  get(type: ResourceType, namespace: string | undefined, name: string): Promise<KubeObject> {
    return this.#api.send({ method: 'GET', path: resourcePath(type, { namespace, name }) });
  }

  create(type: ResourceType, object: KubeObject): Promise<KubeObject> {
    const path = resourcePath(type, { namespace: object.metadata.namespace });
    return this.#api.send({ method: 'POST', path, body: object });
  }

  update(type: ResourceType, object: KubeObject, subresource?: 'status'): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    const path = resourcePath(type, { namespace, name, ...(subresource ? { subresource } : {}) });
    return this.#api.send({ method: 'PUT', path, body: object });
  }

  apply(type: ResourceType, object: KubeObject, fieldManager: string): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    return this.#api.send({
      method: 'PATCH',
      path: resourcePath(type, { namespace, name }),
      query: { fieldManager, force: 'true' },
      contentType: 'application/apply-patch+yaml',
      body: object,
    });
  }

  patch(type: ResourceType, object: KubeObject, operations: readonly object[]): Promise<KubeObject> {
    const { namespace, name } = object.metadata;
    const path = resourcePath(type, { namespace, name });
    return this.#api.send({ method: 'PATCH', path, contentType: 'application/json-patch+json', body: operations });
  }

  async delete(type: ResourceType, { metadata }: KubeObject): Promise<void> {
    const { namespace, name, uid } = metadata;
    const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions: { uid }, propagationPolicy: 'Background' };
    await this.#api.send({ method: 'DELETE', path: resourcePath(type, { namespace, name }), body });
  }

  /**
   * Reads the live object and writes what `change` makes of it, again after a conflict; nothing is written when
   * `change` returns undefined. An object that was replaced by a namesake counts as not found.
   */
  async readAndWrite(
    type: ResourceType,
    { metadata }: KubeObject,
    change: (live: KubeObject) => KubeObject | undefined,
    subresource?: 'status',
  ): Promise<KubeObject> {
    for (let attempt = 0; ; attempt += 1) {
      const live = await this.get(type, metadata.namespace, metadata.name);
      if (live.metadata.uid !== metadata.uid) throw new ApiError(404, `${type.resource} "${metadata.name}" not found`);
      const changed = change(live);
      if (!changed) return live;
      try {
        return await this.update(type, changed, subresource);
      } catch (error) {
        const waitMs = CONFLICT_WAITS_MS[attempt];
        if (!hasStatus(error, 409) || waitMs === undefined) throw error;
        await sleep(waitMs);
      }
    }
  }
}
