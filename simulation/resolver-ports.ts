import type { ClaimEntry } from '../src/effects/claim-table.ts';
import type { ConfigMapObject } from './claims.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** A port of the resolver, with whom it belongs to. */
export interface Claim extends ClaimEntry {
  readonly resolverPort: number;
}

/** The claimed ports as one resolver pod knows them, and those of them that it listens on. */
export interface ResolverPorts {
  /** Whose connections come in on a port; undefined: nobody listens there. */
  at(port: number): Claim | undefined;
  /** The claim as it is by now, if the port still belongs to the same owner. */
  latest(claim: Claim): Claim;
  listening(): readonly number[];
  /** Whether every claim that it knows is listened on. */
  isComplete(): boolean;
}

/** Follows the claims from a resolver pod. */
export function createResolverPorts(world: World, process: Process): ResolverPorts {
  const { scheduler, chance, faults, configMaps } = world;
  const claims = new Map<number, Claim>();
  const open = new Set<number>();

  const isSameOwner = (one: Claim, other: Claim) => one.uid === other.uid && one.port === other.port;
  const listenSoon = (claim: Claim) => {
    const isSlow = faults.has('slowListeners') && chance.is(0.1);
    scheduler.after(isSlow ? chance.between(50, 3000) : chance.between(0.2, 4), () =>
      process.deliver(() => {
        const now = claims.get(claim.resolverPort);
        if (now && isSameOwner(now, claim)) open.add(claim.resolverPort);
      }),
    );
  };
  const take = (port: number, entry: ClaimEntry | undefined) => {
    const before = claims.get(port);
    const claim = entry === undefined || entry.freedAt !== undefined ? undefined : { ...entry, resolverPort: port };
    if (claim) claims.set(port, claim);
    else claims.delete(port);
    if (before && claim && isSameOwner(before, claim)) return;
    open.delete(port);
    if (claim) listenSoon(claim);
  };
  const takeAll = (data: Readonly<Record<string, string>>, before: Readonly<Record<string, string>> = {}) => {
    for (const port of Object.keys(data))
      if (data[port] !== before[port]) take(Number(port), JSON.parse(data[port] ?? ''));
    for (const port of Object.keys(before)) if (!(port in data)) take(Number(port), undefined);
  };

  const said = new Map<string, Readonly<Record<string, string>>>();
  const takeMap = (key: string, configMap: ConfigMapObject | undefined) => {
    // One that is gone was deleted by a person, and what it said holds.
    if (configMap === undefined) return;
    takeAll(configMap.data, said.get(key));
    said.set(key, configMap.data);
  };
  const cache = configMaps.watch(process, takeMap);
  for (const key of cache.keys()) takeMap(key, cache.get(key));

  return {
    at: (port) => (open.has(port) ? claims.get(port) : undefined),
    latest: (claim) => {
      const now = claims.get(claim.resolverPort);
      return now && isSameOwner(now, claim) ? now : claim;
    },
    listening: () => [...open].sort((a, b) => a - b),
    isComplete: () => [...claims.keys()].every((port) => open.has(port)),
  };
}
