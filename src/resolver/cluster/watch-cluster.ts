import { MANAGED_BY, MANAGED_BY_LABEL } from '../../core/resources/resolver-slices.ts';
import { ELASTI_SERVICES, listPath, SLICES } from '../../kube/paths.ts';
import type { Endpoints, Routes } from '../ports.ts';
import { createBroadcast } from './broadcast.ts';
import { CLAIMS_LABEL, ClaimShard } from './claims.ts';
import { KeptElastiService } from './elastiservice-settings.ts';
import { createEndpoints, KeptSlice } from './endpoints.ts';
import { type ListWatchDeps, type Selection, startListWatch } from './list-watch.ts';
import { createObjectCache, type ObjectCache, type ObjectCacheDeps } from './object-cache.ts';
import { createOwnSlices, makeNamesUs, type OwnSlices } from './own-slices.ts';
import { createRoutes } from './routes.ts';

const CONFIG_MAPS = { apiVersion: 'v1', plural: 'configmaps' };
// kube-controller-manager copies the labels of a Service to its slices, and ours carries the first one.
const OF_PRIVATE_SERVICES = `app.kubernetes.io/managed-by=elasti,${MANAGED_BY_LABEL}=endpointslice-controller.k8s.io`;
const TO_THE_RESOLVER = `${MANAGED_BY_LABEL}=${MANAGED_BY}`;

export interface WatchClusterDeps extends ListWatchDeps {
  /** Where the ConfigMaps of claims are. */
  readonly namespace: string;
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

/** Follows all that the resolver goes by, with one watch each: claims, ElastiServices, slices with pods, slices to us. */
export function watchCluster(deps: WatchClusterDeps): WatchedCluster {
  const { namespace, podAddresses, log } = deps;
  const onBug = (error: unknown) => {
    log.error({ err: error }, 'a change could not be followed');
    deps.onBug?.(error);
  };
  const onMalformed = (resource: string) => (what: string, reason: string) => {
    log.warn({ resource, what, reason }, 'left out what cannot be read');
    deps.onMalformed?.(resource);
  };
  const routes = createRoutes({ broadcast: createBroadcast(onBug), onMalformed: onMalformed('claims') });
  const endpoints = createEndpoints({ broadcast: createBroadcast(onBug) });
  const ownSlices = createOwnSlices({ broadcast: createBroadcast(onBug) });

  const follow = <T>(
    what: string,
    selection: Omit<Selection, 'what'>,
    { schema, onChange }: Pick<ObjectCacheDeps<T>, 'schema' | 'onChange'>,
  ) => {
    const cache: ObjectCache<T> = createObjectCache({ schema, onChange, onMalformed: onMalformed(what) });
    const { synced, stop } = startListWatch({ ...selection, what }, cache, deps);
    return { what, synced, stop, size: cache.size };
  };

  const followed = [
    follow(
      'claims',
      { resource: CONFIG_MAPS.plural, path: listPath(CONFIG_MAPS, namespace), labelSelector: CLAIMS_LABEL },
      { schema: ClaimShard, onChange: routes.takeShard },
    ),
    follow(
      'ElastiServices',
      { resource: ELASTI_SERVICES.plural, path: listPath(ELASTI_SERVICES) },
      { schema: KeptElastiService, onChange: routes.takeElastiService },
    ),
    follow(
      'slices of private Services',
      { resource: SLICES.plural, path: listPath(SLICES), labelSelector: OF_PRIVATE_SERVICES },
      { schema: KeptSlice, onChange: endpoints.takeSlice },
    ),
    follow(
      'slices to the resolver',
      { resource: SLICES.plural, path: listPath(SLICES), labelSelector: TO_THE_RESOLVER },
      { schema: makeNamesUs(podAddresses), onChange: ownSlices.takeSlice },
    ),
  ];

  return {
    routes,
    endpoints,
    ownSlices,
    synced: Promise.all(followed.map(({ synced }) => synced)).then(() => undefined),
    sizes: () => Object.fromEntries(followed.map(({ what, size }) => [what, size()])),
    stop: async () => {
      await Promise.all(followed.map(({ stop }) => stop()));
    },
  };
}
