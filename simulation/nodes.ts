import type { EndpointSlice } from '../src/api/kubernetes.ts';
import { SERVICE_NAME_LABEL } from '../src/core/resources/resolver-slices.ts';
import { isSame } from '../src/core/resources/same.ts';
import type { Family } from './families.ts';
import { createProcess } from './process.ts';
import { ownKeyOf, type Site, type World } from './world.ts';

export interface Destination {
  readonly address: string;
  readonly port: number;
}

/** kube-proxy on some nodes, each with rules of its own age. */
export interface Nodes {
  /** Where a new connection from a random node goes; undefined: nowhere. */
  route(site: Site, family: Family): Destination | undefined;
}

const NODES = 2;
/** kube-proxy programs a change at once, but not twice within this time. */
const SYNC_PERIOD_MS = 1000;

interface Rules {
  readonly destinationsOf: Map<Site, ReadonlyMap<Family, readonly Destination[]>>;
}

/** Starts the nodes of a world. */
export function createNodes(world: World): Nodes {
  const { chance } = world;
  const nodes = Array.from({ length: NODES }, (_, i) => createNode(world, `node-${i}`));
  return {
    route: (site, family) => {
      const destinations = chance.pick(nodes).destinationsOf.get(site)?.get(family) ?? [];
      return destinations.length === 0 ? undefined : chance.pick(destinations);
    },
  };
}

function createNode(world: World, name: string): Rules {
  const { scheduler, chance, faults, slices, services, places } = world;
  const process = createProcess(scheduler, { name, offsetMs: world.clockOffsetMs() });
  const destinationsOf = new Map<Site, ReadonlyMap<Family, readonly Destination[]>>();
  const changed = new Set<Site>();
  const privateOwnKeys = new Set(world.sites.map(({ privateKey }) => ownKeyOf(privateKey)));
  const keys = new Set(world.sites.map(({ key }) => key));
  let lastSyncMs = Number.NEGATIVE_INFINITY;
  let isScheduled = false;

  const cache = slices.watch(
    process,
    (key, after, before) => {
      const site = places.ofSlice(key, after ?? before);
      if (site === undefined) return;
      changed.add(site);
      scheduleSync();
    },
    (key) => !privateOwnKeys.has(key),
  );

  const cachedServices = services.watch(
    process,
    (key, after, before) => {
      if (isSame(after?.spec.ports, before?.spec.ports)) return;
      changed.add(places.ofService(key) as Site);
      scheduleSync();
    },
    (key) => keys.has(key),
  );
  /** The port that clients ask for, the last one of the Service, as this node knows it. */
  const portOf = ({ key }: Site) => cachedServices.get(key)?.spec.ports?.at(-1)?.name;

  const sync = () => {
    isScheduled = false;
    lastSyncMs = scheduler.nowMs();
    for (const site of changed) {
      const port = portOf(site);
      const slicesOf = [...cache.in(site.namespace)].filter(
        ({ metadata }) => metadata.labels?.[SERVICE_NAME_LABEL] === site.name,
      );
      const inFamily = (family: Family) => {
        const ofFamily = slicesOf.filter(({ addressType }) => addressType === family);
        return [family, port === undefined ? [] : destinationsIn(ofFamily, port)] as const;
      };
      destinationsOf.set(site, new Map(site.families.map(inFamily)));
    }
    changed.clear();
  };

  const scheduleSync = () => {
    if (isScheduled) return;
    isScheduled = true;
    const dueMs = Math.max(0, lastSyncMs + SYNC_PERIOD_MS - scheduler.nowMs());
    const extraMs = faults.has('proxyDelay') && chance.is(0.2) ? chance.between(0, 1000) : chance.between(1, 20);
    scheduler.after(dueMs + extraMs, sync);
  };

  return { destinationsOf };
}

/** Ready endpoints; where there are none, those that terminate and still serve. */
function destinationsIn(slices: Iterable<EndpointSlice>, portName: string): readonly Destination[] {
  const ready: Destination[] = [];
  const leaving: Destination[] = [];
  for (const { endpoints, ports } of slices) {
    const port = ports?.find(({ name }) => name === portName)?.port;
    if (port == null) continue;
    for (const { addresses, conditions } of endpoints ?? []) {
      if (conditions?.ready === true && conditions.terminating !== true)
        ready.push(...addresses.map((address) => ({ address, port })));
      else if (conditions?.serving === true && conditions.terminating === true)
        leaving.push(...addresses.map((address) => ({ address, port })));
    }
  }
  return ready.length > 0 ? ready : leaving;
}
