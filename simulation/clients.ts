import { statusOf } from './checks/context.ts';
import { firstAddressOf } from './families.ts';
import type { Cause } from './ledger.ts';
import type { Nodes } from './nodes.ts';
import { RESOLVER_LINGER_MS } from './resolvers.ts';
import type { Timer } from './scheduler.ts';
import type { Listener, Request, Site, World } from './world.ts';

/** Open-loop clients of every site: bursts of requests, and pauses that are often about as long as the cooldown. */
export interface Clients {
  stop(): void;
  /** A few last requests to each site. */
  askAgain(): void;
}

/** A connection that is used again. */
interface Kept {
  readonly listener: Listener;
  readonly port: number;
}

const LAST_REQUESTS = 4;
/** Within this time of being told, they have asked for the last time. */
export const LAST_REQUESTS_MS = 2500;
const MEAN_SLEEP_MS = 3000;
const MAX_BURST_REQUESTS = 5;
/** What an abrupt end may cost: kube-proxy's sync period, its delay, and two watches that lag. */
const WINDOW_MS = 8000;

/** Starts the clients of a world. */
export function createClients(world: World, nodes: Nodes): Clients {
  const { scheduler, chance, ledger, listeners, prometheus, checks, elastiServices, families } = world;
  const isByPort = world.settings.resolver.routing === 'port';
  /** The next burst of each site that has none going on. */
  const pending = new Map<Site, Timer>();
  let isStopped = false;

  const send = (site: Site, kept: Kept | undefined): Kept | undefined => {
    const isLong = chance.is(0.05);
    const durationMs = isLong ? chance.between(1000, 25_000) : chance.between(5, 100);
    return connect(site, { kept, durationMs, isCounted: true });
  };

  const connect = (
    site: Site,
    { kept, durationMs, isCounted }: Pick<Request, 'durationMs' | 'isCounted'> & { readonly kept: Kept | undefined },
  ): Kept | undefined => {
    const request = ledger.make(site, { durationMs, isCounted });
    if (world.services.get(site.key) === undefined) {
      ledger.lost(request, 'serviceGone');
      return undefined;
    }
    if (isCounted && site.isCountedAtDoor) prometheus.requestSeen(site);
    if (kept !== undefined && kept.listener.gone === undefined && kept.listener.accept(request, kept.port)) return kept;
    const family = site.families.length > 1 ? chance.pick(site.families) : 'IPv4';
    const destination = nodes.route(site, family);
    if (destination === undefined) {
      ledger.lost(request, checks.causeOfNoEndpoint(site, family));
      return undefined;
    }
    const { address, port } = destination;
    const listener = listeners.get(firstAddressOf(address));
    // Without the family it is not reached there; pods are.
    const isCutOff = listener?.what === 'resolver' && families.isGone(family);
    if (!isCutOff && listener?.accept(request, port)) return { listener, port };
    if (listener?.what === 'resolver' && families.wasGone(family, WINDOW_MS)) {
      ledger.lost(request, 'familyAbsent');
      return undefined;
    }
    ledger.lost(request, causeOfRefusal(site, listener));
    return undefined;
  };

  const causeOfRefusal = (site: Site, listener: Listener | undefined): Cause => {
    if (!checks.isManaged(site)) return 'notOurService';
    const gone = listener?.gone;
    if (listener?.what === 'resolver' && gone === undefined) return checks.causeOfClosedPort(site);
    if (listener === undefined || gone === undefined) return checks.causeOfStalePod(site);
    if (listener.what === 'resolver') {
      if (gone.why === 'killed') return 'resolverKilled';
      if (gone.why === 'absent') return 'resolverAbsent';
      const leftAtMs = gone.atMs - RESOLVER_LINGER_MS;
      return checks.causeOfStaleResolver(site, { address: listener.address, leftAtMs });
    }
    if (gone.why === 'crash') return 'podCrashed';
    const isInWindow = gone.why === 'abrupt' && scheduler.nowMs() - gone.atMs < WINDOW_MS;
    return isInWindow ? 'abruptPod' : checks.causeOfStalePod(site);
  };

  const burst = (site: Site) => {
    if (isStopped) return;
    const count = chance.is(0.5) ? 1 : chance.whole(2, MAX_BURST_REQUESTS);
    const isKeptAlive = chance.is(0.3);
    let kept: Kept | undefined;
    const next = (left: number) => {
      if (isStopped) return;
      const sent = send(site, kept);
      kept = isKeptAlive ? sent : undefined;
      if (left > 1) scheduler.after(chance.exponential(800), () => next(left - 1));
      else
        pending.set(
          site,
          scheduler.after(pauseMs(site), () => burst(site)),
        );
    };
    pending.delete(site);
    next(count);
  };
  // What sleeps is asked for soon, so that a run has many cycles; now and then it is left asleep for longer.
  world.targets.onChange((key, target) => {
    if (target?.replicas !== 0) return;
    const site = chance.pick(world.places.ofTarget(key));
    const waiting = pending.get(site);
    if (waiting === undefined || chance.is(0.15)) return;
    waiting.cancel();
    pending.set(
      site,
      scheduler.after(chance.exponential(MEAN_SLEEP_MS), () => burst(site)),
    );
  });

  // A request that comes just as a service falls asleep is what this is all about. The trigger trails by up to 10 s.
  const pauseMs = ({ cooldownSeconds, rateMs }: Site) => {
    const untilDrainMs = cooldownSeconds * 1000 + rateMs;
    if (chance.is(0.05)) return chance.between(0, untilDrainMs);
    return untilDrainMs + (chance.is(0.15) ? chance.between(0, 20_000) : chance.between(20_000, 50_000));
  };

  // A connection that no trigger sees, such as a WebSocket on which nothing is sent, in the midst of a drain: routed by
  // port, it is the resolver alone that knows of it.
  if (isByPort) {
    elastiServices.onChange((key, parent) => {
      const site = world.places.ofElastiService(key);
      const isDraining = statusOf(parent).phase === 'Draining';
      if (site === undefined || !isDraining || isStopped || chance.is(0.95)) return;
      const silent = { kept: undefined, durationMs: chance.between(5000, 40_000), isCounted: false };
      scheduler.after(chance.between(0, 6000), () => void connect(site, silent));
    });
  }
  // The worst moment for a request is the middle of the step to zero.
  world.atZeroStep.push((site) => {
    if (isStopped || chance.is(0.8)) return;
    scheduler.after(chance.is(0.5) ? chance.between(0, 40) : chance.between(0, 4000), () => void send(site, undefined));
  });
  world.atZeroWrite.push((site, { inMs }) => {
    if (isStopped || inMs < 10 || chance.is(0.5)) return;
    scheduler.after(chance.between(0, inMs), () => void send(site, undefined));
  });
  for (const site of world.sites) scheduler.after(chance.between(3000, 15_000), () => burst(site));

  return {
    stop: () => {
      isStopped = true;
    },
    askAgain: () => {
      for (const site of world.sites) {
        for (let i = 0; i < LAST_REQUESTS; i++)
          scheduler.after(chance.between(0, LAST_REQUESTS_MS), () => void send(site, undefined));
      }
    },
  };
}
