import { type KubeObject, keyOf } from './kube-object.ts';
import { wireKind } from './resource-type.ts';

/** `children` and `related` of a hook body: kind -> namespace/name -> object. */
export type ObjectMap = Readonly<Record<string, Readonly<Record<string, KubeObject>>>>;

interface Kind {
  readonly kind: string;
  readonly apiVersion: string;
}

/** Collects objects by kind; a kind that was declared is there even when it stays empty. Keys come out sorted. */
export class ObjectMapBuilder {
  readonly #groups = new Map<string, Map<string, KubeObject>>();

  declare(kind: Kind): void {
    if (!this.#groups.has(wireKind(kind))) this.#groups.set(wireKind(kind), new Map());
  }

  insert(object: KubeObject): void {
    this.declare(object);
    this.#groups.get(wireKind(object))?.set(keyOf(object), object);
  }

  build(): ObjectMap {
    return sortedRecord(new Map([...this.#groups].map(([kind, objects]) => [kind, sortedRecord(objects)])));
  }
}

function sortedRecord<T>(entries: ReadonlyMap<string, T>): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
