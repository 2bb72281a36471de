/** Which keys stand under a name. Most names have one: a list, or a set, for each would take more than all the rest. */
export interface Index {
  add(name: string, key: string): void;
  remove(name: string, key: string): void;
  of(name: string): readonly string[];
}

const NONE: readonly string[] = [];

export function createIndex(): Index {
  const keys = new Map<string, string | readonly string[]>();
  const of = (name: string): readonly string[] => {
    const found = keys.get(name);
    if (found === undefined) return NONE;
    return typeof found === 'string' ? [found] : found;
  };
  return {
    of,
    add: (name, key) => {
      const found = of(name);
      if (found.includes(key)) return;
      keys.set(name, found.length === 0 ? key : [...found, key]);
    },
    remove: (name, key) => {
      const [first, ...others] = of(name).filter((each) => each !== key);
      if (first === undefined) keys.delete(name);
      else keys.set(name, others.length === 0 ? first : [first, ...others]);
    },
  };
}
