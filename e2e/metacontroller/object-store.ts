import { controllerOf, type KubeObject, keyOf } from './kube-object.ts';

/** The objects of one kind, with the two indexes that finding the children of a parent needs. */
export class ObjectStore {
  readonly #byKey = new Map<string, KubeObject>();
  readonly #keysByOwner = new Map<string, Set<string>>();

  get(key: string): KubeObject | undefined {
    return this.#byKey.get(key);
  }

  keys(): string[] {
    return [...this.#byKey.keys()];
  }

  all(): KubeObject[] {
    return [...this.#byKey.values()];
  }

  ownedBy(uid: string): KubeObject[] {
    return this.#owned(uid);
  }

  withoutController(): KubeObject[] {
    return this.#owned('');
  }

  /** Puts an object and returns the one it replaces. */
  put(object: KubeObject): KubeObject | undefined {
    const key = keyOf(object);
    const before = this.remove(key);
    this.#byKey.set(key, object);
    const owner = ownerUid(object);
    const keys = this.#keysByOwner.get(owner) ?? new Set();
    this.#keysByOwner.set(owner, keys.add(key));
    return before;
  }

  remove(key: string): KubeObject | undefined {
    const object = this.#byKey.get(key);
    if (!object) return undefined;
    this.#byKey.delete(key);
    const keys = this.#keysByOwner.get(ownerUid(object));
    keys?.delete(key);
    if (keys?.size === 0) this.#keysByOwner.delete(ownerUid(object));
    return object;
  }

  #owned(uid: string): KubeObject[] {
    const keys = [...(this.#keysByOwner.get(uid) ?? [])];
    return keys.map((key) => this.#byKey.get(key)).filter((object) => object !== undefined);
  }
}

function ownerUid(object: KubeObject): string {
  return controllerOf(object)?.uid ?? '';
}
