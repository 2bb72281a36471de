import type { EndpointSlice, ServicePort } from '../api/kubernetes.ts';
import type { Refusal } from './blocked.ts';
import { desiredChildren } from './resources/children.ts';
import { isTcp } from './resources/private-service.ts';
import { familiesOf } from './resources/resolver-slices.ts';
import type { AddressType, Context, Facts, Settings } from './types.ts';

/** The port of the resolver that stands for one of the Service's; undefined: no slice may name one yet. */
export type ResolverPortOf = (port: ServicePort) => number | undefined;

/** Where one port of the resolver stands for every port of every Service; undefined where each has its own. */
export const sharedPort = ({ resolver }: Settings): ResolverPortOf | undefined =>
  resolver.routing === 'host' ? () => resolver.proxyPort : undefined;

/** Why the ports of the resolver are not all there. */
export interface ResolverTrouble extends Refusal {
  /** Somebody has to do something about it. */
  readonly isLasting: boolean;
  /** Not every connection of the Service would find a resolver. */
  readonly keepsAwake: boolean;
}

/** What is observed, with only so much of the resolver as slices may name, and what is wrong with the rest. */
export interface Redirect {
  readonly facts: Facts;
  readonly trouble: ResolverTrouble | undefined;
}

const UNCLAIMED: ResolverTrouble = {
  reason: 'ResolverPortsUnclaimed',
  message: 'ports of the resolver are claimed once the private Service is there',
  isLasting: false,
  keepsAwake: true,
};
const NOT_LISTENING = {
  reason: 'ResolverNotListening',
  message: 'not every resolver was seen to accept connections on the ports that are claimed for the Service',
  isLasting: true,
};

/**
 * Under routing by port a slice names no port before it is claimed, and none at an address that was not seen to accept
 * connections on it, unless the slice observed does so already. Under routing by host nothing is in the way.
 */
export function decideRedirect(facts: Facts, { resolverPorts, listening }: Context, settings: Settings): Redirect {
  if (settings.resolver.routing === 'host' || facts.resolver === undefined) return { facts, trouble: undefined };
  if (resolverPorts.kind === 'unread') return { facts, trouble: UNCLAIMED };
  if (resolverPorts.kind === 'failed') return { facts, trouble: describeFailure(resolverPorts.reason) };

  const accepts = new Set(listening.kind === 'found' ? listening.addresses : []);
  const named = portsByAddress(facts.slices.values());
  const isNamed = (address: string, port: number) => named.get(address)?.has(port) === true;
  const isUsable = (address: string) =>
    accepts.has(address) || resolverPorts.ports.some(({ resolverPort }) => isNamed(address, resolverPort));

  const usable = [...facts.resolver].map(
    ([family, endpoints]) => [family, endpoints.filter(({ address }) => isUsable(address))] as const,
  );
  const addresses = usable.flatMap(([, endpoints]) => endpoints.map(({ address }) => address));
  // A slice names each of its ports at each of its addresses.
  const ports = resolverPorts.ports.filter(({ resolverPort }) =>
    addresses.every((address) => accepts.has(address) || isNamed(address, resolverPort)),
  );
  const portOf = new Map(ports.map(({ port, resolverPort }) => [port, resolverPort]));
  const resolver = new Map(usable.map(([family, endpoints]) => [family, ports.length > 0 ? endpoints : []]));

  const needed = typeof facts.publicService === 'object' ? familiesOf(facts.publicService) : [];
  const counts = needed.map((family) => [countOf(facts.resolver, family), countOf(resolver, family)] as const);
  const isShort = counts.some(([ready, left]) => ready > 0 && left === 0);
  const keepsAwake = isShort || ports.length < resolverPorts.ports.length;
  const isLeftOut = counts.some(([ready, left]) => left < ready);
  const trouble = keepsAwake || isLeftOut ? { ...NOT_LISTENING, keepsAwake } : undefined;
  const narrowed = { ...facts, resolver };
  return {
    facts: { ...narrowed, desired: desiredChildren(narrowed, settings, ({ port }) => portOf.get(port)) },
    trouble,
  };
}

/** Whether the slices that are observed name each TCP port of the Service; kube-proxy goes by the names of ports. */
export function isEveryPortRedirected({ publicService, slices }: Facts): boolean {
  if (typeof publicService !== 'object') return slices.size > 0;
  const named = new Set([...slices.values()].flatMap(({ ports }) => (ports ?? []).map(({ name }) => name ?? '')));
  return (publicService.spec.ports ?? []).filter(isTcp).every(({ name }) => named.has(name ?? ''));
}

const countOf = (resolver: Facts['resolver'], family: AddressType): number => resolver?.get(family)?.length ?? 0;

function describeFailure(reading: string): ResolverTrouble {
  const lasting = (reason: string, message: string) => ({ reason, message, isLasting: true, keepsAwake: true });
  switch (reading) {
    case 'RangeExhausted':
      return lasting(
        'ResolverPortsExhausted',
        'no port of the resolver is free for this ElastiService; widen RESOLVER_PORT_RANGE',
      );
    case 'ClaimsFull':
      return lasting('ResolverPortsFull', 'the ConfigMap of the claimed ports has no room left');
    default:
      return lasting('ResolverPortsUnknown', `the ports of the resolver cannot be read or claimed: ${reading}`);
  }
}

function portsByAddress(slices: Iterable<EndpointSlice>): ReadonlyMap<string, ReadonlySet<number>> {
  const named = new Map<string, Set<number>>();
  for (const slice of slices) {
    for (const address of (slice.endpoints ?? []).flatMap((endpoint) => endpoint.addresses)) {
      const ports = named.get(address) ?? new Set();
      for (const { port } of slice.ports ?? []) if (port != null) ports.add(port);
      named.set(address, ports);
    }
  }
  return named;
}
