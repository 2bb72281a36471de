import { isTcp } from './resources/private-service.ts';
import { familiesOf } from './resources/resolver-slices.ts';
import type { RequestFacts, ScaleReading, Settings } from './types.ts';
import { isWatched } from './watched.ts';

/** Why something may not happen: a stable word and a sentence that says what to do about it. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** Why we can do nothing for this Service at all, if so. A Blocked service is never put to sleep. */
export function decideBlocked(facts: RequestFacts, settings: Settings, scale: ScaleReading): Refusal | undefined {
  const { elastiService, publicService, target } = facts;
  const { namespace, spec } = elastiService;
  if (settings.reservedNamespaces.includes(namespace)) {
    return { reason: 'Reserved', message: `namespace ${namespace} belongs to the system itself` };
  }
  if (!isWatched(namespace, settings.watchNamespaces)) {
    return {
      reason: 'NotWatched',
      message: `namespace ${namespace} is not among WATCH_NAMESPACES of the hook service`,
    };
  }
  if (publicService === 'missing') {
    return { reason: 'ServiceMissing', message: `Service ${spec.service} does not exist` };
  }
  if (typeof publicService === 'object') {
    const { type, clusterIP, selector, ports } = publicService.spec;
    if (type === 'ExternalName') {
      return { reason: 'ExternalName', message: 'an ExternalName Service has no endpoints that could be redirected' };
    }
    if (clusterIP === 'None') {
      return {
        reason: 'Headless',
        message: 'a headless Service has no port translation, so clients would not find the resolver',
      };
    }
    if (Object.keys(selector ?? {}).length === 0) {
      return {
        reason: 'NoSelector',
        message: 'the Service has no selector, so its endpoints are kept by somebody else',
      };
    }
    if (!(ports ?? []).some(isTcp)) return { reason: 'NoTcpPort', message: 'the Service has no TCP port' };
  }
  if (facts.claimedBy !== undefined) {
    return {
      reason: 'ServiceClaimed',
      message: `Service ${spec.service} belongs to ElastiService ${facts.claimedBy} already`,
    };
  }
  if (facts.foreignSlice !== undefined) {
    return {
      reason: 'ForeignEndpointSlice',
      message: `EndpointSlice ${facts.foreignSlice} of somebody else serves the Service too`,
    };
  }
  if (scale.kind === 'missing') {
    return { reason: 'TargetMissing', message: `${target.kind} ${target.name} does not exist` };
  }
  return undefined;
}

/** Reasons of Blocked under which nothing is done to the target either: it is not ours to act on. */
export const isHandsOff = ({ reason }: Refusal): boolean =>
  ['Reserved', 'NotWatched', 'ServiceClaimed'].includes(reason);

/** Which families of the Service the resolver cannot hold; all of them when no resolver is ready. */
export function familiesWithoutResolver({ publicService, resolver }: RequestFacts): readonly string[] {
  if (typeof publicService !== 'object' || resolver === undefined) return [];
  return familiesOf(publicService).filter((family) => (resolver.get(family) ?? []).length === 0);
}

/** Whether a ready resolver stands behind at least one family of the Service; undefined where that is not known. */
export function isResolverReady({ publicService, resolver }: RequestFacts): boolean | undefined {
  if (resolver === undefined) return undefined;
  if (typeof publicService !== 'object') return [...resolver.values()].some((list) => list.length > 0);
  return familiesOf(publicService).some((family) => (resolver.get(family) ?? []).length > 0);
}
