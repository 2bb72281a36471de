import type { Api } from './api-client.ts';
import { Informer } from './informer.ts';
import type { Logger } from './logger.ts';
import type { ResourceType } from './resource-type.ts';

interface Shared {
  readonly informer: Informer;
  users: number;
}

export interface InformersDeps {
  readonly api: Api;
  readonly logger: Logger;
}

/** One running informer per resource, shared by all who acquire it and stopped when the last one releases it. */
export class Informers {
  readonly #deps: InformersDeps;
  readonly #shared = new Map<string, Shared>();

  constructor(deps: InformersDeps) {
    this.#deps = deps;
  }

  acquire(type: ResourceType): Informer {
    const key = sharingKey(type);
    const shared = this.#shared.get(key) ?? this.#start(key, type);
    shared.users += 1;
    return shared.informer;
  }

  release({ type }: Informer): void {
    const shared = this.#shared.get(sharingKey(type));
    if (!shared) return;
    shared.users -= 1;
    if (shared.users > 0) return;
    shared.informer.stop();
    this.#shared.delete(sharingKey(type));
  }

  #start(key: string, type: ResourceType): Shared {
    const shared = { informer: new Informer(type, this.#deps.api, this.#deps.logger), users: 0 };
    this.#shared.set(key, shared);
    shared.informer.start();
    return shared;
  }
}

function sharingKey({ apiVersion, resource }: ResourceType): string {
  return `${apiVersion}/${resource}`;
}
