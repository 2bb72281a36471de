import { keyFor } from '../core/intern.ts';
import type { ObjectSink } from '../watch/list-watch.ts';

export interface KeptObjectsDeps<T> {
  /** What is kept of an object: the very same as before where none of that changed. Undefined: nothing, it counts as absent. */
  keep(object: unknown, before: T | undefined): T | undefined;
  /** Told of each object of which something else is kept now, or nothing any more; key is `namespace/name`. */
  onChange(key: string, after: T | undefined, before: T | undefined): void;
}

export interface KeptObjects<T> extends ObjectSink {
  /** The same for the objects of one namespace: a list there says nothing of others. */
  inNamespace(namespace: string): ObjectSink;
  get(key: string): T | undefined;
  keys(): Iterable<string>;
  size(): number;
}

/** Objects of one kind, cut down to what is read of them: a change of the rest is none. */
export function createKeptObjects<T>({ keep, onChange }: KeptObjectsDeps<T>): KeptObjects<T> {
  let kept = new Map<string, T>();

  const drop = (key: string) => {
    const before = kept.get(key);
    if (before === undefined) return;
    kept.delete(key);
    onChange(key, undefined, before);
  };

  const startList = (isListed: (key: string) => boolean): ReturnType<ObjectSink['startList']> => {
    const listed = new Map<string, T>();
    return {
      put: (object) => {
        const key = keyOf(object);
        const value = key === undefined ? undefined : keep(object, kept.get(key));
        if (key !== undefined && value !== undefined) listed.set(key, value);
      },
      finish: () => {
        const before = kept;
        kept = listed;
        for (const [key, value] of before) {
          if (listed.has(key)) continue;
          if (isListed(key)) onChange(key, undefined, value);
          else kept.set(key, value);
        }
        for (const [key, value] of listed) {
          const old = before.get(key);
          if (old !== value) onChange(key, value, old);
        }
      },
    };
  };

  const sink: ObjectSink = {
    startList: () => startList(() => true),
    put: (object) => {
      const key = keyOf(object);
      if (key === undefined) return;
      const old = kept.get(key);
      const value = keep(object, old);
      // The old one must not stand for what it has become.
      if (value === undefined) return drop(key);
      if (value === old) return;
      kept.set(key, value);
      onChange(key, value, old);
    },
    remove: (object) => drop(keyOf(object) ?? ''),
  };

  return {
    ...sink,
    inNamespace: (namespace) => ({ ...sink, startList: () => startList((key) => key.startsWith(`${namespace}/`)) }),
    get: (key) => kept.get(key),
    keys: () => kept.keys(),
    size: () => kept.size,
  };
}

function keyOf(object: unknown): string | undefined {
  const named = object as { readonly metadata?: { readonly name?: unknown; readonly namespace?: unknown } } | null;
  const { name, namespace } = named?.metadata ?? {};
  return typeof name === 'string' && typeof namespace === 'string' ? keyFor(namespace, name) : undefined;
}
