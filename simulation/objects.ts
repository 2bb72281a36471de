import type { Service } from '../src/api/kubernetes.ts';
import type { Chance } from './chance.ts';
import type { Faults } from './faults.ts';
import type { Process } from './process.ts';
import type { Scheduler } from './scheduler.ts';

export type Metadata = Service['metadata'];

export interface KubeObject {
  readonly metadata: Metadata;
}

export const annotationsOf = ({ metadata }: KubeObject): Readonly<Record<string, string>> =>
  (metadata.annotations ?? {}) as Record<string, string>;

/** What a consumer's cache holds of one kind: each object as it was a little while ago. */
export interface Cache<T> {
  get(key: string): T | undefined;
  keys(): Iterable<string>;
  in(namespace: string): Iterable<T>;
  /** The objects of a namespace with their keys. */
  entriesIn(namespace: string): Iterable<readonly [string, T]>;
}

/** The objects of one kind in etcd. Objects are never changed in place, so that caches share them. */
export interface Kind<T extends KubeObject> {
  get(key: string): T | undefined;
  in(namespace: string): Iterable<T>;
  /** Writes the object under a new resourceVersion. */
  put(key: string, object: T): T;
  remove(key: string): void;
  all(): Iterable<readonly [string, T]>;
  /** Told at once of each change, until the returned function is called. */
  onChange(listener: (key: string, object: T | undefined) => void): () => void;
  /**
   * A cache that starts with what is there and follows behind; `onEvent` is told after each of its changes. Like a
   * selector, `isWanted` says of a key whether its changes are sent at all.
   */
  watch(
    by: Process,
    onEvent: (key: string, after: T | undefined, before: T | undefined) => void,
    isWanted?: (key: string) => boolean,
  ): Cache<T>;
}

export const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;

interface ByNamespace<T> extends Cache<T> {
  set(key: string, object: T): void;
  delete(key: string): boolean;
  copy(): ByNamespace<T>;
}

function createByNamespace<T extends KubeObject>(from: Iterable<readonly [string, T]> = []): ByNamespace<T> {
  const all = new Map<string, T>();
  const namespaces = new Map<string, Map<string, T>>();
  const set = (key: string, object: T) => {
    const namespace = object.metadata.namespace ?? '';
    all.set(key, object);
    const objects = namespaces.get(namespace);
    if (objects) objects.set(key, object);
    else namespaces.set(namespace, new Map([[key, object]]));
  };
  for (const [key, object] of from) set(key, object);
  return {
    get: (key) => all.get(key),
    keys: () => all.keys(),
    in: (namespace) => namespaces.get(namespace)?.values() ?? [],
    entriesIn: (namespace) => namespaces.get(namespace) ?? [],
    set,
    delete: (key) => {
      namespaces.get(key.slice(0, key.indexOf('/')))?.delete(key);
      return all.delete(key);
    },
    copy: () => createByNamespace(all),
  };
}

/** Makes a kind; versions are shared by all kinds. */
export function createKind<T extends KubeObject>(deps: {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly nextVersion: () => string;
}): Kind<T> {
  const { scheduler, chance, faults } = deps;
  const objects = createByNamespace<T>();
  const listeners = new Set<(key: string, object: T | undefined) => void>();

  const notify = (key: string, object: T | undefined) => {
    for (const listener of listeners) listener(key, object);
  };
  const isLagging = () => faults.has('watchLag') && chance.is(0.03);

  return {
    get: (key) => objects.get(key),
    in: (namespace) => objects.in(namespace),
    put: (key, object) => {
      const stamped = { ...object, metadata: { ...object.metadata, resourceVersion: deps.nextVersion() } };
      objects.set(key, stamped);
      notify(key, stamped);
      return stamped;
    },
    remove: (key) => {
      if (objects.delete(key)) notify(key, undefined);
    },
    all: () => [...objects.keys()].map((key) => [key, objects.get(key) as T] as const),
    onChange: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    watch: (by, onEvent, isWanted = () => true) => {
      const cached = objects.copy();
      const lastAtMs = new Map<string, number>();
      let together = { changedAtMs: Number.NEGATIVE_INFINITY, lagMs: 0 };
      const lagMs = () => {
        if (isLagging()) return chance.between(50, 2000);
        const isTogether = together.changedAtMs === scheduler.nowMs() && chance.is(0.8);
        if (!isTogether) together = { changedAtMs: scheduler.nowMs(), lagMs: chance.between(0.5, 5) };
        return together.lagMs;
      };
      const listener = (key: string, object: T | undefined) => {
        if (!isWanted(key)) return;
        // The changes of one object stay in order; those of different objects overtake each other, save for most of
        // what changed at one moment: that comes in one piece.
        const atMs = Math.max(scheduler.nowMs() + lagMs(), lastAtMs.get(key) ?? 0);
        lastAtMs.set(key, atMs);
        scheduler.after(atMs - scheduler.nowMs(), () =>
          by.tell(() => {
            const before = cached.get(key);
            if (object === undefined) cached.delete(key);
            else cached.set(key, object);
            onEvent(key, object, before);
          }),
        );
      };
      listeners.add(listener);
      by.onCrash(() => listeners.delete(listener));
      return cached;
    },
  };
}
