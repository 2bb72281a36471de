import type { Cause } from './ledger.ts';
import type { Nodes } from './nodes.ts';
import { RESOLVER_LINGER_MS } from './resolvers.ts';
import type { Listener, Site, World } from './world.ts';

/** Open-loop clients of every site: bursts of requests, and pauses that are often about as long as the cooldown. */
export interface Clients {
  stop(): void;
  /** One request to each site; tells how many were lost or are still on their way after that. */
  askOnce(): void;
}

const MAX_BURST_REQUESTS = 8;
/** What an abrupt end may cost: kube-proxy's sync period, its delay, and two watches that lag. */
const WINDOW_MS = 8000;

/** Starts the clients of a world. */
export function createClients(world: World, nodes: Nodes): Clients {
  const { scheduler, chance, ledger, listeners, prometheus, checks } = world;
  let isStopped = false;

  const send = (site: Site, kept: Listener | undefined): Listener | undefined => {
    const durationMs = chance.is(0.05) ? chance.between(1000, 25_000) : chance.between(5, 100);
    const request = ledger.make(site, durationMs);
    if (site.isCountedAtDoor) prometheus.requestSeen(site);
    if (kept !== undefined && kept.gone === undefined && kept.accept(request)) return kept;
    const address = nodes.route(site);
    if (address === undefined) {
      ledger.lost(request, checks.causeOfNoEndpoint(site));
      return undefined;
    }
    const listener = listeners.get(address);
    if (listener?.accept(request)) return listener;
    ledger.lost(request, causeOfRefusal(site, listener));
    return undefined;
  };

  const causeOfRefusal = (site: Site, listener: Listener | undefined): Cause => {
    if (!checks.isManaged(site)) return 'notOurService';
    const gone = listener?.gone;
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
    const count = chance.is(0.3) ? 1 : chance.whole(2, MAX_BURST_REQUESTS);
    const isKeptAlive = chance.is(0.3);
    let kept: Listener | undefined;
    const next = (left: number) => {
      if (isStopped) return;
      const listener = send(site, kept);
      kept = isKeptAlive ? listener : undefined;
      if (left > 1) scheduler.after(chance.exponential(1500), () => next(left - 1));
      else scheduler.after(pauseMs(site), () => burst(site));
    };
    next(count);
  };

  // A request that comes just as a service falls asleep is what this is all about. The trigger trails by up to 10 s.
  const pauseMs = ({ cooldownSeconds }: Site) => {
    const untilDrainMs = cooldownSeconds * 1000 + 8000;
    const kind = chance.next();
    if (kind < 0.1) return chance.between(0, untilDrainMs);
    return kind < 0.6 ? untilDrainMs + chance.between(0, 25_000) : untilDrainMs + chance.between(10_000, 40_000);
  };

  // The worst moment for a request is the middle of the step to zero.
  world.atZeroStep.push((site) => {
    if (isStopped || chance.is(0.8)) return;
    scheduler.after(chance.is(0.5) ? chance.between(0, 40) : chance.between(0, 4000), () => void send(site, undefined));
  });
  for (const site of world.sites) scheduler.after(chance.between(15_000, 30_000), () => burst(site));

  return {
    stop: () => {
      isStopped = true;
    },
    askOnce: () => {
      for (const site of world.sites) send(site, undefined);
    },
  };
}
