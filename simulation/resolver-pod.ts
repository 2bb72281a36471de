import { UnknownServiceError } from '../src/errors.ts';
import { createProcess, type Process } from './process.ts';
import { type Claim, createResolverPorts, type ResolverPorts } from './resolver-ports.ts';
import { type Listener, ownKeyOf, POD_PORT, type Request, type Site, type World } from './world.ts';

/** A pod of the resolver. */
export interface ResolverPod extends Listener {
  readonly process: Process;
  state: 'starting' | 'ready' | 'leaving' | 'dead';
  readyAtMs: number;
  gone: { why: string; atMs: number } | undefined;
  readonly held: Map<Site, Map<Request, Claim | undefined>>;
  /** What it has passed on and is not over, as far as that was looked at. */
  readonly passing: Map<Request, Passing>;
  readonly ports: ResolverPorts;
  /** What it answers at its internal port; undefined: nothing. */
  answer(path: '/ports' | '/connections'): unknown;
  /** Answers nothing for so long. */
  mute(ms: number): void;
}

export interface Passing {
  readonly uid: string | undefined;
  readonly sinceMs: number;
}

const HOLD_LIMIT_MS = 180_000;
const WAKE_AGAIN_MS = 5000;
const OLD_SILENCE_MS = 10_000;
const RETRY_MS = 200;
const DIAL_AGAIN_MS = 50;

/** Those of the connections that go on. */
export function passingOf({ passing }: Pick<ResolverPod, 'passing'>): ReadonlyMap<Request, Passing> {
  for (const request of passing.keys()) if (request.isOver) passing.delete(request);
  return passing;
}

/** Starts a pod of the resolver. */
export function createResolverPod(
  world: World,
  { name, address }: { readonly name: string; readonly address: string },
): ResolverPod {
  const { scheduler, chance, faults, slices, listeners, ledger, hooks, checks, settings } = world;
  const isByPort = settings.resolver.routing === 'port';
  const process = createProcess(scheduler, { name, offsetMs: world.clockOffsetMs() });
  const ports = createResolverPorts(world, process);
  const privateOwnKeys = new Set(world.sites.map(({ privateKey }) => ownKeyOf(privateKey)));
  let muteUntilMs = 0;

  const pod: ResolverPod = {
    address,
    what: 'resolver',
    process,
    state: 'starting',
    readyAtMs: Number.POSITIVE_INFINITY,
    gone: undefined,
    held: new Map(),
    passing: new Map(),
    ports,
    accept: (request, port) => {
      if (pod.gone !== undefined || pod.state === 'starting') return false;
      if (!isByPort) {
        hold(request, undefined);
        return true;
      }
      const claim = ports.at(port);
      if (claim === undefined) return false;
      checks.arrived(request, claim);
      hold(request, claim);
      return true;
    },
    answer: (path) => {
      if (pod.gone !== undefined || scheduler.nowMs() < muteUntilMs) return undefined;
      return path === '/ports' ? { listening: ports.listening() } : { services: countConnections() };
    },
    mute: (ms) => {
      muteUntilMs = scheduler.nowMs() + ms;
    },
  };

  const countConnections = () => {
    const services: Record<string, { open: number; held: number }> = {};
    const countOf = (uid: string) => {
      services[uid] ??= { open: 0, held: 0 };
      return services[uid];
    };
    for (const { uid } of passingOf(pod).values()) if (uid !== undefined) countOf(uid).open += 1;
    for (const held of pod.held.values()) for (const claim of held.values()) if (claim) countOf(claim.uid).held += 1;
    return services;
  };

  const cache = slices.watch(
    process,
    (key, after) => {
      const site = after && world.places.ofSlice(key, after);
      if (site && pod.held.has(site)) forward(site);
    },
    (key) => privateOwnKeys.has(key),
  );
  const nextWakeMs = new Map<Site, number>();

  const hold = (request: Request, claim: Claim | undefined) => {
    const { site } = request;
    const held = pod.held.get(site);
    if (held) held.set(request, claim);
    else pod.held.set(site, new Map([[request, claim]]));
    world.tell(site, name, () => `holds request ${request.id}`);
    scheduler.after(HOLD_LIMIT_MS, () => {
      if (pod.held.get(site)?.delete(request)) ledger.lost(request, 'holdLimit');
    });
    forward(site);
    if (held !== undefined) return;
    // Routed by host, whatever reaches the resolver wakes; by port, only what has to wait: the rest is counted as open.
    if (isByPort && pod.held.get(site)?.size === 0) pod.held.delete(site);
    else void wakeWhileHolding(site).catch(checks.bug);
  };

  /** Ready pods of the private Service; a claim says which Service of that name it is. */
  const readyFor = (site: Site, claim: Claim | undefined): readonly string[] => {
    const slice = cache.get(ownKeyOf(site.privateKey));
    const ownerUid = slice?.metadata.ownerReferences?.[0]?.uid;
    if (claim !== undefined && ownerUid !== ports.latest(claim).privateServiceUid) return [];
    return (slice?.endpoints ?? [])
      .filter(({ conditions }) => conditions?.ready === true)
      .flatMap(({ addresses }) => addresses);
  };

  const forward = (site: Site) => {
    const held = pod.held.get(site);
    if (held === undefined) return;
    let isRefused = false;
    for (const [request, claim] of held) {
      const ready = readyFor(site, claim);
      if (ready.length === 0) continue;
      const isAccepted = listeners.get(chance.pick(ready))?.accept(request, POD_PORT) === true;
      isRefused ||= !isAccepted;
      if (!isAccepted) continue;
      held.delete(request);
      pod.passing.set(request, { uid: claim?.uid, sinceMs: scheduler.nowMs() });
      world.tell(site, name, () => `passes on request ${request.id}`);
    }
    if (isRefused) scheduler.after(DIAL_AGAIN_MS, () => process.deliver(() => forward(site)));
  };

  const wakeWhileHolding = async (site: Site) => {
    const isHolding = () => (pod.held.get(site)?.size ?? 0) > 0;
    do {
      const isOld = faults.has('oldResolver') && !isByPort;
      const silentMs = isOld ? (nextWakeMs.get(site) ?? 0) - scheduler.nowMs() : 0;
      if (silentMs > 0) {
        if (isHolding()) await process.wait(silentMs);
        continue;
      }
      const isAcknowledged = await wakeOnce(site);
      if (isOld) nextWakeMs.set(site, scheduler.nowMs() + OLD_SILENCE_MS);
      else if (!isAcknowledged) await process.wait(RETRY_MS);
      else if (isHolding()) await process.wait(WAKE_AGAIN_MS);
    } while (isHolding());
    pod.held.delete(site);
  };

  const wakeOnce = async (site: Site): Promise<boolean> => {
    const askedAtMs = scheduler.nowMs();
    checks.wakeAsked(site);
    try {
      await hooks.wake(process, site.namespace, site.name);
      world.tell(site, name, () => 'has a wake acknowledged');
      checks.wakeAcknowledged(site, askedAtMs);
      return true;
    } catch (error) {
      world.tell(site, name, () => `has no answer to a wake: ${(error as Error).message}`);
      if (error instanceof UnknownServiceError) giveUp(site);
      return false;
    }
  };

  const giveUp = (site: Site) => {
    for (const request of pod.held.get(site)?.keys() ?? []) ledger.lost(request, 'notOurService');
    pod.held.get(site)?.clear();
  };
  return pod;
}
