import { setTimeout as sleep } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { type KubeObject, urlOf } from './kube-object.ts';
import { ignoring, type Transport } from './transport.ts';

export interface ApplyOptions {
  /** For namespaced objects that name none; `default` otherwise. */
  readonly namespace?: string;
  readonly fieldManager?: string;
}

export type Apply = (manifest: string | object | readonly object[], options?: ApplyOptions) => Promise<KubeObject[]>;

interface Resource {
  readonly name: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

/** A CustomResourceDefinition is served a moment after it was accepted. */
const DISCOVERY_PATIENCE_MS = 10_000;

export function createApply(call: Transport['call']): Apply {
  const discovered = new Map<string, readonly Resource[]>();

  async function resourceOf({ apiVersion, kind }: KubeObject): Promise<Resource> {
    const endsAt = Date.now() + DISCOVERY_PATIENCE_MS;
    for (;;) {
      const known = discovered.get(apiVersion)?.find((resource) => resource.kind === kind);
      if (known) return known;
      discovered.set(apiVersion, await discover(apiVersion));
      if (discovered.get(apiVersion)?.some((resource) => resource.kind === kind)) continue;
      if (Date.now() > endsAt) throw new Error(`the API server knows no kind ${kind} in ${apiVersion}`);
      await sleep(100);
    }
  }

  async function discover(apiVersion: string): Promise<readonly Resource[]> {
    const path = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const list = await call<{ resources: readonly Resource[] }>('GET', path).catch(ignoring(404));
    return list?.resources.filter(({ name }) => !name.includes('/')) ?? [];
  }

  async function applyOne(object: KubeObject, options: ApplyOptions): Promise<KubeObject> {
    const { namespace = 'default', fieldManager = 'e2e' } = options;
    const resource = await resourceOf(object);
    const scope = resource.namespaced ? (object.metadata.namespace ?? namespace) : undefined;
    const path = urlOf(`${object.apiVersion}/${resource.name}`, scope, object.metadata.name);
    return call('PATCH', `${path}?fieldManager=${fieldManager}&force=true`, object, {
      type: 'application/apply-patch+yaml',
    });
  }

  return async (manifest, options = {}) => {
    const applied: KubeObject[] = [];
    // One after the other: a Namespace or a definition has to exist before what needs it.
    for (const object of objectsOf(manifest)) applied.push(await applyOne(object, options));
    return applied;
  };
}

function objectsOf(manifest: string | object | readonly object[]): KubeObject[] {
  const documents = typeof manifest === 'string' ? parseDocuments(manifest) : [manifest].flat();
  return documents.flatMap((document) => {
    const { items } = document as { items?: readonly KubeObject[] };
    return items ? [...items] : [document as KubeObject];
  });
}

function parseDocuments(text: string): object[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error) throw error;
    const value: unknown = document.toJS();
    return typeof value === 'object' && value !== null ? [value] : [];
  });
}
