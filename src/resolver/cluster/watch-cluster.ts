import { MANAGED_BY, MANAGED_BY_LABEL } from '../../core/resources/resolver-slices.ts';
import { isWatched, namespacesToAsk } from '../../core/watched.ts';
import { CLAIMS_SELECTOR } from '../../effects/claim-table.ts';
import { CONFIG_MAPS, ELASTI_SERVICES, listPath, SLICES } from '../../kube/paths.ts';
import { type ListWatchDeps, startListWatch } from '../../watch/list-watch.ts';
import { createObjectCache, type ObjectCache, type ObjectCacheDeps } from '../../watch/object-cache.ts';
import type { Endpoints, Routes } from '../ports.ts';
import { createBroadcast } from './broadcast.ts';
import { ClaimShard } from './claims.ts';
import { KeptElastiService } from './elastiservice-settings.ts';
import { createEndpoints, KeptSlice } from './endpoints.ts';
import { createOwnSlices, makeNamesUs, type OwnSlices } from './own-slices.ts';
import { createRoutes } from './routes.ts';

// kube-controller-manager copies the labels of a Service to its slices, and ours carries the first one.
const OF_PRIVATE_SERVICES = `app.kubernetes.io/managed-by=elasti,${MANAGED_BY_LABEL}=endpointslice-controller.k8s.io`;
const TO_THE_RESOLVER = `${MANAGED_BY_LABEL}=${MANAGED_BY}`;

export interface WatchClusterDeps extends ListWatchDeps {
  /** Where the ConfigMaps of claims are. */
  readonly namespace: string;
  /** Where ElastiServices and slices are followed, and so whose claims count. Empty: everywhere. */
  readonly watchNamespaces: readonly string[];
  /** This pod's addresses; none: nobody names us. */
  readonly podAddresses: readonly string[];
  /** Told of each entry that cannot be read, once for each version of it. */
  readonly onMalformed?: (resource: string) => void;
  /** Told of what a subscriber threw. */
  readonly onBug?: (error: unknown) => void;
}

export interface WatchedCluster {
  readonly routes: Routes;
  readonly endpoints: Endpoints;
  readonly ownSlices: Pick<OwnSlices, 'count' | 'whenNone'>;
  /** Resolves when all of it has been read once. */
  readonly synced: Promise<void>;
  /** Objects held in memory, by what they are. */
  sizes(): Readonly<Record<string, number>>;
  stop(): Promise<void>;
}

interface FollowedKind {
  readonly kind: typeof SLICES;
  readonly namespaces?: readonly (string | undefined)[];
  readonly labelSelector?: string;
}

/**
 * Follows all that the resolver goes by: claims, ElastiServices, slices with pods, slices to us. One watch each, or one in
 * each namespace that is watched.
 */
export function watchCluster(deps: WatchClusterDeps): WatchedCluster {
  const { namespace, watchNamespaces, podAddresses, log } = deps;
  const onBug = (error: unknown) => {
    log.error({ err: error }, 'a change could not be followed');
    deps.onBug?.(error);
  };
  const onMalformed = (resource: string) => (what: string, reason: string) => {
    log.warn({ resource, what, reason }, 'left out what cannot be read');
    deps.onMalformed?.(resource);
  };
  const routes = createRoutes({
    broadcast: createBroadcast(onBug),
    onMalformed: onMalformed('claims'),
    isWatched: (name) => isWatched(name, watchNamespaces),
  });
  const endpoints = createEndpoints({ broadcast: createBroadcast(onBug) });
  const ownSlices = createOwnSlices({ broadcast: createBroadcast(onBug) });

  const watched = namespacesToAsk(watchNamespaces);
  /** Gives one watch for each of the namespaces; undefined stands for all. */
  const follow = <T>(
    what: string,
    { kind, namespaces = watched, ...selector }: FollowedKind,
    { schema, onChange }: Pick<ObjectCacheDeps<T>, 'schema' | 'onChange'>,
  ) =>
    namespaces.map((name) => {
      const cache: ObjectCache<T> = createObjectCache({ schema, onChange, onMalformed: onMalformed(what) });
      const selection = { what, resource: kind.plural, path: listPath(kind, name), ...selector };
      const { synced, stop } = startListWatch(selection, cache, deps);
      return { what, synced, stop, size: cache.size };
    });

  const followed = [
    ...follow(
      'claims',
      { kind: CONFIG_MAPS, namespaces: [namespace], labelSelector: CLAIMS_SELECTOR },
      { schema: ClaimShard, onChange: routes.takeShard },
    ),
    ...follow(
      'ElastiServices',
      { kind: ELASTI_SERVICES },
      { schema: KeptElastiService, onChange: routes.takeElastiService },
    ),
    ...follow(
      'slices of private Services',
      { kind: SLICES, labelSelector: OF_PRIVATE_SERVICES },
      { schema: KeptSlice, onChange: endpoints.takeSlice },
    ),
    ...follow(
      'slices to the resolver',
      { kind: SLICES, labelSelector: TO_THE_RESOLVER },
      { schema: makeNamesUs(podAddresses), onChange: ownSlices.takeSlice },
    ),
  ];

  return {
    routes,
    endpoints,
    ownSlices,
    synced: Promise.all(followed.map(({ synced }) => synced)).then(() => undefined),
    sizes: () => {
      const sizes: Record<string, number> = {};
      for (const { what, size } of followed) sizes[what] = (sizes[what] ?? 0) + size();
      return sizes;
    },
    stop: async () => {
      await Promise.all(followed.map(({ stop }) => stop()));
    },
  };
}
