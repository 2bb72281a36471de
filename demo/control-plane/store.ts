import { randomUUID } from 'node:crypto';

/** An object as the API server keeps it; never changed in place. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: StoredMetadata;
  readonly [field: string]: unknown;
}

export interface StoredMetadata {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation: number;
  readonly creationTimestamp: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly [field: string]: unknown;
}

/** An object as somebody sends it. */
export interface SentObject {
  readonly apiVersion?: string;
  readonly kind?: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly [field: string]: unknown };
  readonly [field: string]: unknown;
}

export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly plural: string;
  readonly version: number;
  readonly object: StoredObject;
}

export interface ObjectName {
  readonly plural: string;
  readonly namespace: string;
  readonly name: string;
}

/** What the API server keeps in etcd. */
export interface Store {
  get(name: ObjectName): StoredObject | undefined;
  list(plural: string, namespace?: string): readonly StoredObject[];
  /** Writes an object as it is sent; its generation moves where its spec does. */
  put(plural: string, object: SentObject): StoredObject;
  remove(name: ObjectName): void;
  version(): number;
  /** The changes after a version; undefined where they are forgotten. */
  changesSince(version: number): readonly Change[] | undefined;
  /** Told of each change at once; gives what ends that. */
  subscribe(onChange: (change: Change) => void): () => void;
}

const KEPT_CHANGES = 1000;

/** Makes an empty store. */
export function createStore(): Store {
  const objects = new Map<string, Map<string, StoredObject>>();
  const subscribers = new Set<(change: Change) => void>();
  const changes: Change[] = [];
  let version = 1;
  let forgotten = 1;

  const ofKind = (plural: string) => {
    const kind = objects.get(plural) ?? new Map<string, StoredObject>();
    objects.set(plural, kind);
    return kind;
  };
  const tell = (change: Change) => {
    changes.push(change);
    if (changes.length > KEPT_CHANGES) forgotten = changes.shift()?.version ?? forgotten;
    for (const onChange of [...subscribers]) onChange(change);
  };

  return {
    get: ({ plural, namespace, name }) => ofKind(plural).get(`${namespace}/${name}`),
    list: (plural, namespace) =>
      ofKind(plural)
        .values()
        .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace)
        .toArray(),
    put: (plural, object) => {
      const namespace = object.metadata.namespace ?? '';
      const key = `${namespace}/${object.metadata.name}`;
      const before = ofKind(plural).get(key);
      version += 1;
      const isSameSpec = JSON.stringify(before?.spec) === JSON.stringify(object.spec);
      const stored = {
        ...object,
        metadata: {
          ...object.metadata,
          namespace,
          uid: before?.metadata.uid ?? randomUUID(),
          creationTimestamp: before?.metadata.creationTimestamp ?? `${new Date().toISOString().slice(0, 19)}Z`,
          generation: before === undefined ? 1 : before.metadata.generation + (isSameSpec ? 0 : 1),
          resourceVersion: String(version),
        },
      } as StoredObject;
      ofKind(plural).set(key, stored);
      tell({ type: before === undefined ? 'ADDED' : 'MODIFIED', plural, version, object: stored });
      return stored;
    },
    remove: ({ plural, namespace, name }) => {
      const before = ofKind(plural).get(`${namespace}/${name}`);
      if (before === undefined) return;
      version += 1;
      ofKind(plural).delete(`${namespace}/${name}`);
      const object = { ...before, metadata: { ...before.metadata, resourceVersion: String(version) } };
      tell({ type: 'DELETED', plural, version, object });
    },
    version: () => version,
    changesSince: (since) => (since < forgotten ? undefined : changes.filter((change) => change.version > since)),
    subscribe: (onChange) => {
      subscribers.add(onChange);
      return () => subscribers.delete(onChange);
    },
  };
}
