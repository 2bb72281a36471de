import { addressIn } from './families.ts';
import type { Cause } from './ledger.ts';
import { keyOf } from './objects.ts';
import { createResolverPod, passingOf, type ResolverPod } from './resolver-pod.ts';
import { ownKeyOf, RESOLVER_NAMESPACE, RESOLVER_SERVICE, type World } from './world.ts';

/** The resolver's pods. */
export interface Resolvers {
  /** One pod leaves in good order, another takes its place first. */
  roll(): void;
  /** One pod is killed, another comes. */
  kill(): void;
  /** All pods are killed; new ones come after so long. */
  vanish(ms: number): void;
  /** One pod says nothing of itself for so long. */
  mute(ms: number): void;
  readyCount(): number;
}

const REPLICAS = 2;
const READY_AGAIN_MS = 100;
/** How long a pod that leaves still listens. */
export const RESOLVER_LINGER_MS = 45_000;

/** Starts the resolver of a world. */
export function createResolvers(world: World): Resolvers {
  const { scheduler, chance, slices, listeners, ledger, checks, families } = world;
  const pods: ResolverPod[] = [];
  let made = 0;
  let absentUntilMs = 0;

  const publish = () => {
    const alive = pods.filter(({ state }) => state !== 'dead');
    for (const family of families.isDual ? (['IPv4', 'IPv6'] as const) : (['IPv4'] as const)) {
      const name = ownKeyOf('resolver', family);
      const endpoints = alive.map(({ address, state, process }) => ({
        addresses: [addressIn(family, address)],
        targetRef: { uid: process.name },
        conditions: { ready: state === 'ready', serving: state !== 'starting', terminating: state === 'leaving' },
      }));
      slices.put(keyOf(RESOLVER_NAMESPACE, name), {
        metadata: {
          name,
          namespace: RESOLVER_NAMESPACE,
          labels: {
            'kubernetes.io/service-name': RESOLVER_SERVICE,
            'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
          },
        },
        addressType: family,
        endpoints: families.isGone(family) ? [] : endpoints,
        ports: [{ name: 'http', port: 8012, protocol: 'TCP' }],
      });
    }
    checks.resolversChanged(readyCount());
  };
  const publishSoon = () => void scheduler.after(chance.between(5, 60), publish);
  const readyCount = () => pods.filter(({ state }) => state === 'ready').length;

  /** Once it accepts connections on every port that it knows to be claimed. */
  const becomeReady = (pod: ResolverPod, afterMs: number) => {
    scheduler.after(afterMs, () => {
      if (pod.state === 'starting' && !pod.ports.isComplete()) return becomeReady(pod, READY_AGAIN_MS);
      if (pod.state === 'starting') {
        pod.state = 'ready';
        pod.readyAtMs = scheduler.nowMs();
      }
      publishSoon();
    });
  };

  const startPod = () => {
    made += 1;
    const name = `resolver-${made}`;
    const pod = createResolverPod(world, { name, address: `10.9.0.${made}` });
    pods.push(pod);
    listeners.set(pod.address, pod);
    becomeReady(pod, made <= REPLICAS ? 0 : chance.between(300, 3000));
  };

  const end = (pod: ResolverPod, why: 'killed' | 'absent' | 'left') => {
    pod.state = 'dead';
    pod.gone = { why, atMs: scheduler.nowMs() };
    pods.splice(pods.indexOf(pod), 1);
    pod.process.crash();
    const cause: Cause = why === 'left' ? 'holdLimit' : 'resolverKilled';
    for (const held of pod.held.values()) for (const request of held.keys()) ledger.lost(request, cause);
    for (const request of passingOf(pod).keys()) ledger.lost(request, cause);
    pod.held.clear();
    publishSoon();
  };

  const refill = () => {
    if (scheduler.nowMs() < absentUntilMs) return;
    const alive = pods.filter(({ state }) => state === 'starting' || state === 'ready').length;
    for (let i = alive; i < REPLICAS; i++) startPod();
  };

  for (let i = 0; i < REPLICAS; i++) startPod();
  families.onChange(publishSoon);

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
    mute: (ms) => chance.pick(pods)?.mute(ms),
    vanish: (ms) => {
      world.tell(undefined, 'resolver', () => `is gone for ${Math.round(ms)} ms`);
      absentUntilMs = scheduler.nowMs() + ms;
      for (const pod of [...pods]) end(pod, 'absent');
      scheduler.after(ms + 1, refill);
    },
  };

  function leaveOnceIdle(pod: ResolverPod): void {
    if (pod.state === 'dead') return;
    const isHolding = [...pod.held.values()].some((held) => held.size > 0) || passingOf(pod).size > 0;
    if (isHolding) return void scheduler.after(1000, () => leaveOnceIdle(pod));
    end(pod, 'left');
  }
}
