/** The objects of one kind, each at a version that moves with every change. */
export interface Objects<T> {
  get(key: string): T | undefined;
  /** Creates or replaces; also an equal object moves the version, as a change of something not modelled would. */
  set(key: string, object: T): void;
  delete(key: string): void;
  values(): T[];
  versionOf(key: string): string | undefined;
}

/** An empty store; versions come from `nextVersion`, which all kinds share as they do in etcd. */
export function createObjects<T>(nextVersion: () => string): Objects<T> {
  const objects = new Map<string, { readonly object: T; readonly version: string }>();
  return {
    get: (key) => objects.get(key)?.object,
    set: (key, object) => {
      objects.set(key, { object, version: nextVersion() });
    },
    delete: (key) => {
      objects.delete(key);
    },
    values: () => [...objects.values()].map(({ object }) => object),
    versionOf: (key) => objects.get(key)?.version,
  };
}
