import type { z } from 'zod';
import type { ObjectSink } from './list-watch.ts';

export interface ObjectCacheDeps<T> {
  /** Keeps what is read and drops the rest: the cache holds thousands. */
  readonly schema: z.ZodType<T>;
  /** Told of each object that came, changed or went (undefined); key is `namespace/name`. */
  onChange(key: string, value: T | undefined, before: T | undefined): void;
  /** Told of an object that the schema refuses; it counts as absent. */
  onMalformed(key: string, reason: string): void;
}

export interface ObjectCache<T> extends ObjectSink {
  get(key: string): T | undefined;
  size(): number;
}

interface Entry<T> {
  readonly resourceVersion: string;
  readonly value: T;
}

/** Objects of one kind by `namespace/name`, as a list and its watches bring them. */
export function createObjectCache<T>({ schema, onChange, onMalformed }: ObjectCacheDeps<T>): ObjectCache<T> {
  let entries = new Map<string, Entry<T>>();

  /** undefined: nothing that could be kept. */
  const read = (object: unknown): { key: string; entry: Entry<T> } | undefined => {
    const meta = metaOf(object);
    if (meta === undefined) {
      onMalformed('', 'an object without name or resourceVersion');
      return undefined;
    }
    const { key, resourceVersion } = meta;
    const old = entries.get(key);
    if (old?.resourceVersion === resourceVersion) return { key, entry: old };
    const parsed = schema.safeParse(object);
    if (parsed.success) return { key, entry: { resourceVersion, value: parsed.data } };
    const issue = parsed.error.issues[0];
    onMalformed(key, `${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
    return undefined;
  };

  const drop = (key: string) => {
    const before = entries.get(key);
    if (before === undefined) return;
    entries.delete(key);
    onChange(key, undefined, before.value);
  };

  return {
    get: (key) => entries.get(key)?.value,
    size: () => entries.size,

    startList: () => {
      const listed = new Map<string, Entry<T>>();
      return {
        put: (object) => {
          const found = read(object);
          if (found) listed.set(found.key, found.entry);
        },
        finish: () => {
          const before = entries;
          entries = listed;
          for (const [key, { value }] of before) if (!listed.has(key)) onChange(key, undefined, value);
          for (const [key, entry] of listed) {
            const old = before.get(key);
            if (old !== entry) onChange(key, entry.value, old?.value);
          }
        },
      };
    },

    put: (object) => {
      const found = read(object);
      // The old one must not stand for what it has become.
      if (found === undefined) return drop(metaOf(object)?.key ?? '');
      const old = entries.get(found.key);
      if (old === found.entry) return;
      entries.set(found.key, found.entry);
      onChange(found.key, found.entry.value, old?.value);
    },

    remove: (object) => drop(metaOf(object)?.key ?? ''),
  };
}

/** Read by hand: this is asked of each object of each event. */
function metaOf(object: unknown): { readonly key: string; readonly resourceVersion: string } | undefined {
  if (typeof object !== 'object' || object === null || !('metadata' in object)) return undefined;
  const { metadata } = object;
  if (typeof metadata !== 'object' || metadata === null) return undefined;
  const { name, namespace, resourceVersion } = metadata as Readonly<Record<string, unknown>>;
  if (typeof name !== 'string' || typeof resourceVersion !== 'string') return undefined;
  return { key: `${typeof namespace === 'string' ? namespace : ''}/${name}`, resourceVersion };
}
