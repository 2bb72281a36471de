import type { Child } from '../../api/hooks.ts';
import { decideBlocked } from '../blocked.ts';
import type { DesiredChildren, RequestFacts, Settings } from '../types.ts';
import { isPrivateServiceCurrent, keepPrivateService, makePrivateService } from './private-service.ts';
import { familiesOf, isSliceCurrent, keepSlice, makeResolverSlices } from './resolver-slices.ts';

/** Reasons under which the Service itself cannot be read as a plain one, so that what stands is left as it is. */
const UNUSABLE = new Set([
  'Reserved',
  'ServiceMissing',
  'ExternalName',
  'Headless',
  'NoSelector',
  'NoTcpPort',
  'ServiceClaimed',
]);

/** The children as they should be, whatever the phase; where the Service is unusable or unknown, those that are. */
export function desiredChildren(facts: RequestFacts, settings: Settings): DesiredChildren {
  const { publicService } = facts;
  const blocked = decideBlocked(facts, settings, { kind: 'unread' });
  if (typeof publicService === 'string' || (blocked && UNUSABLE.has(blocked.reason))) {
    return { ...observedChildren(facts), isComplete: false };
  }
  const { namespace } = facts.elastiService;
  const privateService = makePrivateService(publicService, { name: facts.privateServiceName, namespace });
  const wanted = familiesOf(publicService).flatMap((family) => {
    const endpoints = facts.resolver?.get(family) ?? [];
    // A resolver that vanished keeps its last slices: an empty slice would hold nobody either.
    if (endpoints.length === 0) return keptSlices(facts, family);
    const resolverPortOf = () => settings.resolver.proxyPort;
    return makeResolverSlices({
      service: publicService,
      privateService: facts.privateServiceName,
      namespace,
      family,
      endpoints,
      resolverPortOf,
    });
  });
  // addressType is immutable: a slice of the wrong one goes for one sync, and is made anew by the next.
  const slices = wanted.filter((slice) => {
    const observed = facts.slices.get(slice.metadata.name);
    return observed === undefined || observed.addressType === slice.addressType;
  });
  const isComplete =
    isPrivateServiceCurrent(facts.privateService, privateService) &&
    slices.length > 0 &&
    slices.length === wanted.length &&
    slices.length === facts.slices.size &&
    slices.every((slice) => isSliceCurrent(facts.slices.get(slice.metadata.name), slice));
  return { privateService, slices, isComplete };
}

/** The children exactly as observed, rebuilt from the fields that we own. */
export function observedChildren(facts: RequestFacts): { privateService: Child | undefined; slices: readonly Child[] } {
  const { namespace } = facts.elastiService;
  const isOfService = facts.privateService?.metadata.name === facts.privateServiceName;
  return {
    privateService:
      facts.privateService && isOfService ? keepPrivateService(facts.privateService, namespace) : undefined,
    slices: keptSlices(facts),
  };
}

/** The private Service, if any, and the slices, as one list. */
export function listChildren({
  privateService,
  slices,
}: Pick<DesiredChildren, 'privateService' | 'slices'>): readonly Child[] {
  return privateService ? [privateService, ...slices] : slices;
}

function keptSlices(facts: RequestFacts, family?: string): readonly Child[] {
  const { namespace } = facts.elastiService;
  return [...facts.slices.values()]
    .filter((slice) => family === undefined || slice.addressType === family)
    .flatMap((slice) => keepSlice(slice, namespace) ?? []);
}
