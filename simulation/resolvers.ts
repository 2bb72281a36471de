import { UnknownServiceError } from '../src/errors.ts';
import type { Cause } from './ledger.ts';
import { keyOf } from './objects.ts';
import { createProcess, type Process } from './process.ts';
import {
  type Listener,
  ownKeyOf,
  RESOLVER_NAMESPACE,
  RESOLVER_SERVICE,
  type Request,
  type Site,
  type World,
} from './world.ts';

/** The resolver's pods. */
export interface Resolvers {
  /** One pod leaves in good order, another takes its place first. */
  roll(): void;
  /** One pod is killed, another comes. */
  kill(): void;
  /** All pods are killed; new ones come after so long. */
  vanish(ms: number): void;
  readyCount(): number;
}

interface ResolverPod extends Listener {
  readonly process: Process;
  state: 'starting' | 'ready' | 'leaving' | 'dead';
  gone: { why: string; atMs: number } | undefined;
  readonly held: Map<Site, Set<Request>>;
}

const REPLICAS = 2;
const HOLD_LIMIT_MS = 180_000;
const WAKE_AGAIN_MS = 5000;
const OLD_SILENCE_MS = 10_000;
const RETRY_MS = 200;
const DIAL_AGAIN_MS = 50;
/** How long a pod that leaves still listens. */
export const RESOLVER_LINGER_MS = 45_000;

/** Starts the resolver of a world. */
export function createResolvers(world: World): Resolvers {
  const { scheduler, chance, faults, slices, listeners, ledger, hooks, checks } = world;
  const privateOwnKeys = new Set(world.sites.map(({ privateKey }) => ownKeyOf(privateKey)));
  const pods: ResolverPod[] = [];
  let made = 0;
  let absentUntilMs = 0;

  const publish = () => {
    const endpoints = pods
      .filter(({ state }) => state !== 'dead')
      .map(({ address, state }) => ({
        addresses: [address],
        conditions: { ready: state === 'ready', serving: state !== 'starting', terminating: state === 'leaving' },
      }));
    slices.put(keyOf(RESOLVER_NAMESPACE, 'resolver-own'), {
      metadata: {
        name: 'resolver-own',
        namespace: RESOLVER_NAMESPACE,
        labels: {
          'kubernetes.io/service-name': RESOLVER_SERVICE,
          'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
        },
      },
      addressType: 'IPv4',
      endpoints,
      ports: [{ name: 'http', port: 8012, protocol: 'TCP' }],
    });
    checks.resolversChanged(readyCount());
  };
  const publishSoon = () => void scheduler.after(chance.between(5, 60), publish);
  const readyCount = () => pods.filter(({ state }) => state === 'ready').length;

  const startPod = () => {
    made += 1;
    const name = `resolver-${made}`;
    const pod = createPod(name);
    pods.push(pod);
    listeners.set(pod.address, pod);
    scheduler.after(made <= REPLICAS ? 0 : chance.between(300, 3000), () => {
      if (pod.state === 'starting') pod.state = 'ready';
      publishSoon();
    });
  };

  const createPod = (name: string): ResolverPod => {
    const process = createProcess(scheduler, { name, offsetMs: world.clockOffsetMs() });
    const pod: ResolverPod = {
      address: `10.9.0.${made}`,
      what: 'resolver',
      process,
      state: 'starting',
      gone: undefined,
      held: new Map(),
      accept: (request) => {
        if (pod.gone !== undefined || pod.state === 'starting') return false;
        hold(request);
        return true;
      },
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

    const hold = (request: Request) => {
      const { site } = request;
      const held = pod.held.get(site);
      if (held) held.add(request);
      else pod.held.set(site, new Set([request]));
      world.tell(site, name, () => `holds request ${request.id}`);
      scheduler.after(HOLD_LIMIT_MS, () => {
        if (pod.held.get(site)?.delete(request)) ledger.lost(request, 'holdLimit');
      });
      forward(site);
      if (held === undefined) void wakeWhileHolding(site).catch(checks.bug);
    };

    const forward = (site: Site) => {
      const held = pod.held.get(site);
      if (held === undefined) return;
      const ready = (cache.get(ownKeyOf(site.privateKey))?.endpoints ?? [])
        .filter(({ conditions }) => conditions?.ready === true)
        .flatMap(({ addresses }) => addresses);
      if (ready.length === 0) return;
      for (const request of held) {
        if (!listeners.get(chance.pick(ready))?.accept(request)) continue;
        held.delete(request);
        world.tell(site, name, () => `passes on request ${request.id}`);
      }
      if (held.size > 0) scheduler.after(DIAL_AGAIN_MS, () => process.deliver(() => forward(site)));
    };

    // Whatever reaches the resolver wakes, even where a pod could be found for it at once.
    const wakeWhileHolding = async (site: Site) => {
      const isHolding = () => (pod.held.get(site)?.size ?? 0) > 0;
      do {
        const isOld = faults.has('oldResolver');
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
      for (const request of pod.held.get(site) ?? []) ledger.lost(request, 'notOurService');
      pod.held.get(site)?.clear();
    };
    return pod;
  };

  const end = (pod: ResolverPod, why: 'killed' | 'absent' | 'left') => {
    pod.state = 'dead';
    pod.gone = { why, atMs: scheduler.nowMs() };
    pods.splice(pods.indexOf(pod), 1);
    pod.process.crash();
    const cause: Cause = why === 'left' ? 'holdLimit' : 'resolverKilled';
    for (const held of pod.held.values()) for (const request of held) ledger.lost(request, cause);
    pod.held.clear();
    publishSoon();
  };

  const refill = () => {
    if (scheduler.nowMs() < absentUntilMs) return;
    const alive = pods.filter(({ state }) => state === 'starting' || state === 'ready').length;
    for (let i = alive; i < REPLICAS; i++) startPod();
  };

  for (let i = 0; i < REPLICAS; i++) startPod();

  return {
    readyCount,
    roll: () => {
      const ready = pods.filter(({ state }) => state === 'ready');
      if (ready.length < REPLICAS) return;
      const leaving = chance.pick(ready);
      startPod();
      scheduler.after(4000, () => {
        if (leaving.state !== 'ready') return;
        world.tell(undefined, leaving.process.name, () => 'leaves');
        leaving.state = 'leaving';
        publishSoon();
        scheduler.after(RESOLVER_LINGER_MS, () => leaveOnceIdle(leaving));
      });
    },
    kill: () => {
      const ready = pods.filter(({ state }) => state === 'ready');
      if (ready.length === 0) return;
      const pod = chance.pick(ready);
      world.tell(undefined, pod.process.name, () => 'is killed');
      end(pod, 'killed');
      refill();
    },
    vanish: (ms) => {
      world.tell(undefined, 'resolver', () => `is gone for ${Math.round(ms)} ms`);
      absentUntilMs = scheduler.nowMs() + ms;
      for (const pod of [...pods]) end(pod, 'absent');
      scheduler.after(ms + 1, refill);
    },
  };

  function leaveOnceIdle(pod: ResolverPod): void {
    if (pod.state === 'dead') return;
    const isHolding = [...pod.held.values()].some((held) => held.size > 0);
    if (isHolding) return void scheduler.after(1000, () => leaveOnceIdle(pod));
    end(pod, 'left');
  }
}
