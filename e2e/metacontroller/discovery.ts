import { type Api, hasStatus } from './api-client.ts';
import type { ResourceType } from './resource-type.ts';

interface ListedResource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** Resource types by `apiVersion` and plural or kind, asked of the API server when they are not known yet. */
export class Discovery {
  readonly #api: Api;
  readonly #known = new Map<string, readonly ResourceType[]>();

  constructor(api: Api) {
    this.#api = api;
  }

  async resource(apiVersion: string, resource: string): Promise<ResourceType> {
    const type = await this.#find(apiVersion, (candidate) => candidate.resource === resource);
    if (!type) throw new Error(`discovery: can't find resource ${resource} in apiVersion ${apiVersion}`);
    return type;
  }

  async kind(apiVersion: string, kind: string): Promise<ResourceType> {
    const type = await this.#find(apiVersion, (candidate) => candidate.kind === kind);
    if (!type) throw new Error(`discovery: can't find kind ${kind} in apiVersion ${apiVersion}`);
    return type;
  }

  async #find(apiVersion: string, isWanted: (type: ResourceType) => boolean): Promise<ResourceType | undefined> {
    const known = this.#known.get(apiVersion)?.find(isWanted);
    if (known) return known;
    this.#known.set(apiVersion, await this.#list(apiVersion));
    return this.#known.get(apiVersion)?.find(isWanted);
  }

  async #list(apiVersion: string): Promise<readonly ResourceType[]> {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    try {
      const { resources } = await this.#api.send<{ resources: readonly ListedResource[] }>({ method: 'GET', path });
      const names = new Set(resources.map(({ name }) => name));
      return resources
        .filter(({ name }) => !name.includes('/'))
        .map(({ name, kind, namespaced }) => ({
          apiVersion,
          kind,
          resource: name,
          isNamespaced: namespaced,
          hasStatus: names.has(`${name}/status`),
        }));
    } catch (error) {
      if (hasStatus(error, 404)) return [];
      throw error;
    }
  }
}
