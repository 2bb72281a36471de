import type { Parent } from '../src/api/hooks.ts';
import type { EndpointSlice } from '../src/api/kubernetes.ts';
import { SERVICE_NAME_LABEL } from '../src/core/resources/resolver-slices.ts';
import { isOwnedBy } from './controller-children.ts';
import { keyOf } from './objects.ts';
import type { Site, World } from './world.ts';

/** Whose an object is, by its key. */
export interface Places {
  /** The site that an ElastiService stands for, the second of two on one Service too. */
  ofElastiService(key: string): Site | undefined;
  /** The site of a Service, public or private. */
  ofService(key: string): Site | undefined;
  /** The site of an EndpointSlice; one that is gone is known by its key. */
  ofSlice(key: string, slice: EndpointSlice | undefined): Site | undefined;
  /** All that have this workload. */
  ofTarget(key: string): readonly Site[];
}

/** Knows where everything of these sites belongs. */
export function createPlaces(sites: readonly Site[]): Places {
  const byElastiService = new Map(sites.flatMap((site) => [[site.key, site] as const, [site.rivalKey, site] as const]));
  const byService = new Map(sites.flatMap((site) => [[site.key, site] as const, [site.privateKey, site] as const]));
  const bySlice = new Map<string, Site>();
  const byTarget = Map.groupBy(sites, ({ targetKey }) => targetKey);
  return {
    ofElastiService: (key) => byElastiService.get(key),
    ofService: (key) => byService.get(key),
    ofSlice: (key, slice) => {
      const known = bySlice.get(key);
      const service = slice?.metadata.labels?.[SERVICE_NAME_LABEL];
      if (known !== undefined || service === undefined) return known;
      const site = byService.get(keyOf(slice?.metadata.namespace ?? '', service));
      if (site) bySlice.set(key, site);
      return site;
    },
    ofTarget: (key) => byTarget.get(key) ?? [],
  };
}

/** The ElastiService in charge of a site: of two that name the Service, the one that has the private Service, else the older. */
export function inChargeOf({ elastiServices, services }: World, site: Site): Parent | undefined {
  const own = elastiServices.get(site.key);
  const rival = elastiServices.get(site.rivalKey);
  if (rival === undefined || (rival.spec as { service?: string }).service !== site.name) return own;
  if (own === undefined) return rival;
  const privateService = services.get(site.privateKey);
  if (privateService && isOwnedBy(privateService, own.metadata.uid)) return own;
  if (privateService && isOwnedBy(privateService, rival.metadata.uid)) return rival;
  return isOlder(rival, own) ? rival : own;
}

function isOlder({ metadata: one }: Parent, { metadata: other }: Parent): boolean {
  const byAge = (one.creationTimestamp ?? '').localeCompare(other.creationTimestamp ?? '');
  return byAge === 0 ? one.uid < other.uid : byAge < 0;
}
