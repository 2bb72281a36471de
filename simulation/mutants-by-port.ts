import type { ClaimsCluster, ConfigMap } from '../src/effects/ports.ts';
import type { Mutant } from './mutant.ts';

type Texts = readonly (readonly [port: string, text: string])[];

/** The cluster, where each ConfigMap of claims that is read says something else. */
const showing = (cluster: ClaimsCluster, change: (entries: Texts) => Texts): ClaimsCluster => {
  const shown = <T extends ConfigMap | undefined>(configMap: T): T =>
    configMap && { ...configMap, data: Object.fromEntries(change(Object.entries(configMap.data))) };
  return {
    ...cluster,
    readConfigMap: async (ref, options) => shown(await cluster.readConfigMap(ref, options)),
  };
};

const isFreed = (text: string): boolean => (JSON.parse(text) as { readonly freedAt?: string }).freedAt !== undefined;

const LONG_AGO = '2000-01-01T00:00:00.000Z';

const markedLongAgo = (text: string): string => JSON.stringify({ ...JSON.parse(text), leftOverAt: LONG_AGO });

/** The planted mistakes of routing by port. */
export const MUTANTS_BY_PORT: readonly Mutant[] = [
  {
    name: 'hand out a freed port at once',
    caughtBy: ['ports reused'],
    faults: ['routedByPort', 'deletions'],
    claims: (cluster) => showing(cluster, (entries) => entries.filter(([, text]) => !isFreed(text))),
  },
  {
    name: 'write claims whatever version the ConfigMap has',
    caughtBy: ['ports twice'],
    faults: ['routedByPort', 'serviceEdits', 'deletions'],
    services: 12,
    claims: (cluster) => {
      // It also goes by what it has read once, or two would have to meet within milliseconds.
      const known = new Map<string, ConfigMap>();
      return {
        ...cluster,
        readConfigMap: async (ref, options) => {
          const found = known.get(ref.name) ?? (await cluster.readConfigMap(ref, options));
          if (found) known.set(ref.name, found);
          return found;
        },
        patchConfigMap: async (ref, change, options) => {
          const fresh = await cluster.readConfigMap(ref, options);
          const resourceVersion = fresh?.resourceVersion ?? change.resourceVersion;
          return cluster.patchConfigMap(ref, { ...change, resourceVersion }, options);
        },
      };
    },
  },
  {
    name: 'free a port that a slice names',
    caughtBy: ['ports freed'],
    faults: ['routedByPort', 'serviceEdits'],
    // It frees at once, too: after minutes the slices have long followed.
    claims: (cluster) => ({
      ...showing(cluster, (entries) => entries.map(([port, text]) => [port, markedLongAgo(text)])),
      listSlices: async () => [],
    }),
    resolver: (reads) => ({ ...reads, claim: (request, options) => reads.claim({ ...request, named: [] }, options) }),
  },
  {
    name: 'name a port before it is listened on',
    caughtBy: ['ports unheard'],
    faults: ['routedByPort'],
    resolver: (reads) => ({
      ...reads,
      listening: async (pods) => ({
        kind: 'found',
        addresses: pods.filter(({ isReady }) => isReady).map(({ address }) => address),
      }),
    }),
  },
  {
    name: 'ignore the connections at the resolver',
    caughtBy: ['I2 connections'],
    faults: ['routedByPort'],
    resolver: (reads) => ({ ...reads, flows: async () => ({ kind: 'found', open: 0, held: 0 }) }),
  },
  {
    name: 'take a resolver that says nothing for one without connections',
    caughtBy: ['I2 connections'],
    faults: ['routedByPort', 'resolverMute'],
    resolver: (reads) => ({
      ...reads,
      flows: async (pods, uid) => {
        const flows = await reads.flows(pods, uid);
        return flows.kind === 'failed' ? { kind: 'found', open: 0, held: 0 } : flows;
      },
    }),
  },
];
