/** Whether a namespace is one that we look at, and have the rights to. None named: all are. */
export const isWatched = (namespace: string, watchNamespaces: readonly string[] = []): boolean =>
  watchNamespaces.length === 0 || watchNamespaces.includes(namespace);

/** The namespaces to ask about, one by one; undefined stands for all at once. */
export const namespacesToAsk = (watchNamespaces: readonly string[]): readonly (string | undefined)[] =>
  watchNamespaces.length === 0 ? [undefined] : watchNamespaces;
