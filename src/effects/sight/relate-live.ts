import { type ObjectGroups, SERVICES, SLICES, type SyncRequest } from '../../api/hooks.ts';
import type { EndpointSlice, Service } from '../../api/kubernetes.ts';
import { privateServiceName } from '../../core/names.ts';
import { ownEndpointsOf } from '../../core/observe.ts';
import type { ElastiService, Settings } from '../../core/types.ts';
import { KubeApiError } from '../../errors.ts';
import { attempt } from '../outcomes.ts';
import type { Clock, Cluster, SightCluster } from '../ports.ts';
import { createSharedRead } from '../shared-read.ts';

/** Relates what stands in the cluster at this moment. A kind of which anything cannot be read is missing, and so unknown. */
export type RelateLive = (body: SyncRequest, elastiService: ElastiService) => Promise<SyncRequest>;

const CALL_TIMEOUT_MS = 1500;
/** Many that wake at one time share a look at the resolver, as they share Metacontroller's cache elsewhere. */
const RESOLVER_AGE_MS = 200;

export interface RelateLiveDeps {
  readonly cluster: Pick<SightCluster, 'readService'> & Pick<Cluster, 'listSlices'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly settings: Pick<Settings, 'resolver'>;
}

/** Reads what /customize would relate. */
export function createRelateLive({ cluster, clock, settings }: RelateLiveDeps): RelateLive {
  const { resolver } = settings;
  const options = { timeoutMs: CALL_TIMEOUT_MS };
  const listResolver = createSharedRead(clock, RESOLVER_AGE_MS, () =>
    attempt(cluster.listSlices(resolver.namespace, resolver.serviceName, options)),
  );
  return async (body, { namespace, spec }) => {
    const privateName = privateServiceName(spec.service);
    const readService = (name: string) => attempt(cluster.readService({ namespace, name }, options));
    const listSlices = (name: string) => attempt(cluster.listSlices(namespace, name, options));
    const [publicService, privateService, ofPublic, ofResolver] = await Promise.all([
      readService(spec.service),
      readService(privateName),
      listSlices(spec.service),
      listResolver(),
    ]);
    const related: ObjectGroups = {};
    const readServices = allRead([publicService, privateService]);
    // Of a Service like most its own slices say whether it is ready.
    const areOwnPublic = readServices?.[0] === undefined || ownEndpointsOf(readServices[0]) === 'public';
    const readSlices = allRead([ofPublic, ofResolver, ...(areOwnPublic ? [] : [await listSlices(privateName)])]);
    if (readServices) related[SERVICES] = byKey<Service>(readServices.flatMap((service) => service ?? []));
    if (readSlices) related[SLICES] = byKey<EndpointSlice>(readSlices.flat());
    return { ...body, related };
  };
}

/** All that was read; undefined where anything could not be. */
function allRead<T>(results: readonly (T | KubeApiError)[]): readonly T[] | undefined {
  const read = results.flatMap((result) => (result instanceof KubeApiError ? [] : [result]));
  return read.length === results.length ? read : undefined;
}

const byKey = <T extends Service | EndpointSlice>(objects: readonly T[]): Record<string, T> =>
  Object.fromEntries(objects.map((object) => [`${object.metadata.namespace}/${object.metadata.name}`, object]));
