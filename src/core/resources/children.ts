import type { Child } from '../../api/hooks.ts';
import type { Service } from '../../api/kubernetes.ts';
import { decideBlocked } from '../blocked.ts';
import type { ResolverPortOf } from '../redirect.ts';
import type { DesiredChildren, RequestFacts, Settings } from '../types.ts';
import {
  isHeadless,
  isPrivateServiceCurrent,
  isTcp,
  keepPrivateService,
  makePrivateService,
} from './private-service.ts';
import {
  familiesOf,
  isSliceCurrent,
  isSliceCurrentButForEndpoints,
  keepSlice,
  makeResolverSlices,
} from './resolver-slices.ts';

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

/** The public Service, where it is known and of a kind that can be redirected. */
export function usableService(facts: RequestFacts, settings: Settings): Service | undefined {
  const { publicService } = facts;
  const blocked = decideBlocked(facts, settings, { kind: 'unread' });
  const isUnusable = typeof publicService === 'string' || (blocked !== undefined && UNUSABLE.has(blocked.reason));
  return isUnusable ? undefined : publicService;
}

/**
 * The children as they should be, whatever the phase; where the Service is unusable or unknown, those that are. Without
 * `resolverPortOf` nobody knows where the slices should point, so they stay as they are.
 */
export function desiredChildren(
  facts: RequestFacts,
  settings: Settings,
  resolverPortOf: ResolverPortOf | undefined,
): DesiredChildren {
  const publicService = usableService(facts, settings);
  if (publicService === undefined) return { ...observedChildren(facts), standing: 'incomplete' };
  const { namespace } = facts.elastiService;
  const wantedService = makePrivateService(publicService, {
    ...{ name: facts.privateServiceName, namespace },
    isHeadless: isPrivateHeadless(facts, settings),
  });
  const privateService = isReplaced(facts, settings) ? undefined : wantedService;
  if (resolverPortOf === undefined) return { privateService, slices: keptSlices(facts), standing: 'incomplete' };
  const wanted = familiesOf(publicService).flatMap((family) => {
    const endpoints = facts.resolver?.get(family) ?? [];
    // A resolver that vanished keeps its last slices: an empty slice would hold nobody either.
    if (endpoints.length === 0) return keptSlices(facts, family);
    return makeResolverSlices({
      service: publicService,
      privateService: facts.privateServiceName,
      namespace,
      family,
      endpoints,
      resolverPortOf,
      observed: facts.slices,
    });
  });
  // addressType is immutable: a slice of the wrong one goes for one sync, and is made anew by the next.
  const slices = wanted.filter((slice) => {
    const observed = facts.slices.get(slice.metadata.name);
    return observed === undefined || observed.addressType === slice.addressType;
  });
  const isAllThere =
    (publicService.spec.ports ?? []).filter(isTcp).every((port) => resolverPortOf(port) !== undefined) &&
    isPrivateServiceCurrent(facts.privateService, wantedService) &&
    slices.length > 0 &&
    slices.length === wanted.length &&
    slices.length === facts.slices.size;
  const isEach = (isAsDesired: typeof isSliceCurrent) =>
    slices.every((slice) => isAsDesired(facts.slices.get(slice.metadata.name), slice));
  const standing = () => {
    if (isEach(isSliceCurrent)) return 'complete';
    return isEach(isSliceCurrentButForEndpoints) ? 'namingOthers' : 'incomplete';
  };
  return { privateService, slices, standing: isAllThere ? standing() : 'incomplete' };
}

/** A resolver that listens on a port for each Service goes to the pods by their addresses; one that was made with an address keeps it. */
const isPrivateHeadless = ({ privateService }: RequestFacts, { resolver }: Settings): boolean =>
  resolver.routing === 'port' && (privateService === undefined || isHeadless(privateService));

/** KubeElasti's resolver goes to the pods by the address. It cannot be given one later: it goes for one sync, and is made anew by the next. */
const isReplaced = ({ privateService }: RequestFacts, { resolver }: Settings): boolean =>
  resolver.routing === 'host' && privateService !== undefined && isHeadless(privateService);

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
