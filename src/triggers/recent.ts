/** A map that keeps its most recently used entries. */
export interface Recent<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  readonly size: number;
}

/** Makes a map of at most maxEntries; the least recently used one goes first. */
export function createRecent<V>(maxEntries: number, onEvict: (value: V) => void = () => {}): Recent<V> {
  // A Map iterates in order of insertion, so the first entry is the one used least recently.
  const entries = new Map<string, V>();
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined) return undefined;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      entries.delete(key);
      entries.set(key, value);
      if (entries.size <= maxEntries) return;
      const [oldestKey, oldest] = entries.entries().next().value as [string, V];
      entries.delete(oldestKey);
      onEvict(oldest);
    },
    delete: (key) => void entries.delete(key),
    get size() {
      return entries.size;
    },
  };
}
