import type { EndpointSlice } from '../src/api/kubernetes.ts';
import { isSame } from '../src/core/resources/same.ts';
import { keyOf } from './objects.ts';
import { createProcess } from './process.ts';
import { PRIVATE_OWN, SERVICE, type Site, type World } from './world.ts';

/** kube-proxy on some nodes, each with rules of its own age. */
export interface Nodes {
  /** Where a new connection from a random node goes; undefined: nowhere. */
  route(site: Site): string | undefined;
}

const NODES = 2;
/** kube-proxy programs a change at once, but not twice within this time. */
const SYNC_PERIOD_MS = 1000;

interface Rules {
  readonly addressesOf: Map<string, readonly string[]>;
}

/** Starts the nodes of a world. */
export function createNodes(world: World): Nodes {
  const { chance } = world;
  const nodes = Array.from({ length: NODES }, (_, i) => createNode(world, `node-${i}`));
  return {
    route: (site) => {
      const addresses = chance.pick(nodes).addressesOf.get(site.namespace) ?? [];
      return addresses.length === 0 ? undefined : chance.pick(addresses);
    },
  };
}

function createNode(world: World, name: string): Rules {
  const { scheduler, chance, faults, slices, services } = world;
  const process = createProcess(scheduler, { name, offsetMs: world.clockOffsetMs() });
  const addressesOf = new Map<string, readonly string[]>();
  const changed = new Set<string>();
  let lastSyncMs = Number.NEGATIVE_INFINITY;
  let isScheduled = false;

  const cache = slices.watch(
    process,
    (_, after, before) => {
      const { namespace = '', labels } = (after ?? before)?.metadata ?? { name: '' };
      if (labels?.['kubernetes.io/service-name'] !== SERVICE) return;
      changed.add(namespace);
      scheduleSync();
    },
    (key) => !key.endsWith(PRIVATE_OWN),
  );

  const cachedServices = services.watch(
    process,
    (key, after, before) => {
      if (isSame(after?.spec.ports, before?.spec.ports)) return;
      changed.add(key.slice(0, key.indexOf('/')));
      scheduleSync();
    },
    (key) => key.endsWith(`/${SERVICE}`),
  );
  /** The port that clients ask for, the last one of the Service, as this node knows it. */
  const portOf = (namespace: string) => cachedServices.get(keyOf(namespace, SERVICE))?.spec.ports?.at(-1)?.name;

  const sync = () => {
    isScheduled = false;
    lastSyncMs = scheduler.nowMs();
    for (const namespace of changed) {
      const port = portOf(namespace);
      addressesOf.set(namespace, port === undefined ? [] : addressesIn(cache.in(namespace), port));
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

  return { addressesOf };
}

/** Ready endpoints; where there are none, those that terminate and still serve. */
function addressesIn(slices: Iterable<EndpointSlice>, port: string): readonly string[] {
  const ready: string[] = [];
  const leaving: string[] = [];
  for (const { metadata, endpoints, ports } of slices) {
    if (metadata.labels?.['kubernetes.io/service-name'] !== SERVICE) continue;
    if (!ports?.some(({ name }) => name === port)) continue;
    for (const { addresses, conditions } of endpoints ?? []) {
      if (conditions?.ready === true && conditions.terminating !== true) ready.push(...addresses);
      else if (conditions?.serving === true && conditions.terminating === true) leaving.push(...addresses);
    }
  }
  return ready.length > 0 ? ready : leaving;
}
