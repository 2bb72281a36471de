/** A folder with components over it, all relative to manifests/. */
export interface Combination {
  readonly folder: string;
  readonly components: readonly string[];
  /** For what is meant for another namespace. */
  readonly namespace?: string;
}

/** What manifests/README.md offers to put together; each is rendered in tests, and given to a real API server in e2e. */
export const COMBINATIONS: readonly Combination[] = [
  { folder: 'default', components: [] },
  { folder: 'own-resolver', components: [] },
  { folder: 'default', components: ['high-availability'] },
  { folder: 'own-resolver', components: ['high-availability', 'resolver/raises-scale'] },
  { folder: 'default', components: ['namespaced'] },
  { folder: 'own-resolver', components: ['namespaced', 'high-availability'] },
  { folder: 'own-resolver', components: ['observe-only'] },
  { folder: 'own-resolver', components: ['many-services', 'high-availability'] },
  { folder: 'default', components: ['monitoring', 'metrics-port'] },
  { folder: 'own-resolver', components: ['monitoring', 'monitoring/own-resolver'] },
  { folder: 'namespaced/tenant', components: [], namespace: 'default' },
];

export const nameOf = ({ folder, components }: Combination): string => [folder, ...components].join(' with ');
