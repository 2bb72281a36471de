import type { Endpoints, PodEndpoint, Route, Routes } from '../../src/resolver/ports.ts';
import type { Addresses } from '../network/addresses.ts';
import { HOST } from '../network/ports.ts';

export interface MappedRoutes extends Routes {
  /** The claimed ports that real ones stand for. */
  claimedPorts(realPorts: readonly number[]): readonly number[];
}

/** Routes whose ports are real ones: what the resolver at an address listens on in place of each claimed port. */
export function mapRoutes(
  routes: Routes,
  {
    realPorts,
    addresses,
    address,
  }: { readonly realPorts: readonly number[]; readonly addresses: Addresses; readonly address: string },
): MappedRoutes {
  const realOf = new Map<number, number>();
  // A route that did not change stays the same object, as the resolver goes by that.
  const mapped = new WeakMap<Route, Route>();

  const realPortOf = (claimed: number): number => {
    const known = realOf.get(claimed);
    if (known !== undefined) return known;
    const used = new Set(realOf.values());
    const free = realPorts.find((port) => !used.has(port));
    if (free === undefined) throw new Error('more ports are claimed than there are real ones');
    realOf.set(claimed, free);
    addresses.bind(address, claimed, free);
    return free;
  };
  const map = (route: Route): Route => {
    const known = mapped.get(route) ?? { ...route, resolverPort: realPortOf(route.resolverPort) };
    mapped.set(route, known);
    return known;
  };

  return {
    current: () => routes.current().map(map),
    subscribe: routes.subscribe,
    claimedPorts: (ports) => [...realOf].flatMap(([claimed, real]) => (ports.includes(real) ? [claimed] : [])),
  };
}

/** Endpoints at the real ports of the pods; one whose pod is not there is left out. */
export function mapEndpoints(endpoints: Endpoints, addresses: Addresses): Endpoints {
  return {
    readyFor: (claim) =>
      endpoints.readyFor(claim).flatMap(({ address, port }): PodEndpoint[] => {
        const realPort = addresses.realPortOf(address, port);
        return realPort === undefined ? [] : [{ address: HOST, port: realPort }];
      }),
    subscribe: endpoints.subscribe,
  };
}
