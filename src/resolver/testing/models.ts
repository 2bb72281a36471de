import type { Claim, Endpoints, PodEndpoint, Route, RouteSettings, Routes } from '../ports.ts';

export const SETTINGS: RouteSettings = {
  holdSeconds: 300,
  maxHeldConnections: 10_000,
  hasColdStartHeader: false,
  hasWaitingPage: false,
  probeResponses: [],
  silentWakeMs: 200,
};

/** Routes that a test sets. */
export function createModelRoutes(initial: readonly Route[]): Routes & { set(routes: readonly Route[]): void } {
  const listeners = new Set<() => void>();
  let current = initial;
  return {
    current: () => current,
    subscribe: (onChange) => {
      listeners.add(onChange);
      return () => listeners.delete(onChange);
    },
    set: (routes) => {
      current = routes;
      for (const onChange of listeners) onChange();
    },
  };
}

/** Endpoints that a test makes ready. */
export function createModelEndpoints(): Endpoints & { set(claim: Claim, ...pods: readonly PodEndpoint[]): void } {
  const ready = new Map<string, readonly PodEndpoint[]>();
  const listeners = new Map<string, Set<() => void>>();
  const keyOf = ({ privateServiceUid, portName }: Claim) => `${privateServiceUid} ${portName}`;
  return {
    readyFor: (claim) => ready.get(keyOf(claim)) ?? [],
    subscribe: (claim, onChange) => {
      const all = listeners.get(keyOf(claim)) ?? new Set();
      listeners.set(keyOf(claim), all.add(onChange));
      return () => all.delete(onChange);
    },
    set: (claim, ...pods) => {
      ready.set(keyOf(claim), pods);
      for (const onChange of listeners.get(keyOf(claim)) ?? []) onChange();
    },
  };
}

/** A route of a Service with one port, in the namespace shop. */
export function makeRoute(service: string, resolverPort: number, settings: Partial<RouteSettings> = {}): Route {
  return {
    resolverPort,
    namespace: 'shop',
    elastiService: service,
    uid: `uid-${service}`,
    service,
    privateService: `elasti-${service}-pvt`,
    privateServiceUid: `private-uid-${service}`,
    port: 80,
    portName: 'http',
    settings: { ...SETTINGS, ...settings },
  };
}
