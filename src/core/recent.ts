/** A map that keeps its most recently used entries. */
export interface Recent<V> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
  delete(key: string): void;
  readonly size: number;
}

/** Makes a map of at most maxEntries; the least recently used one goes first, by the uses since it was half full. */
export function createRecent<V>(maxEntries: number, onEvict: (value: V) => void = () => {}): Recent<V> {
  // A Map iterates in order of insertion, so the first entry is the one used least recently. Putting entries in anew doubles
  // what it takes, so they keep their places while there is room for as many again.
  const entries = new Map<string, V>();
  const isFilling = () => entries.size > maxEntries / 2;
  return {
    get(key) {
      const value = entries.get(key);
      if (value === undefined || !isFilling()) return value;
      entries.delete(key);
      entries.set(key, value);
      return value;
    },
    set(key, value) {
      if (isFilling()) entries.delete(key);
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
