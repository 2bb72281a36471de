import { setTimeout as sleep } from 'node:timers/promises';
import { MANAGED_BY, MANAGED_BY_LABEL } from '../../../src/core/resources/resolver-slices.ts';
import { urlOf } from '../../cluster/kube-object.ts';
import { until } from '../../cluster/wait.ts';
import { SYSTEM_NAMESPACE, untilAvailable } from '../../environment/environment.ts';
import { SLICES, type Slice } from '../../stage/objects.ts';
import { type Fault, type FaultWorld, persist } from './fault.ts';
import { FOLLOW_MS, killOne, killPod, RESOLVERS, rollOut, systemPods } from './system-pods.ts';

export const RESOLVER_FAULTS: readonly Fault[] = [
  { name: 'resolverKilled', touches: 'resolvers', run: (world) => killOne(world, RESOLVERS) },
  { name: 'resolversRolled', touches: 'resolvers', run: (world) => rollOut(world, RESOLVERS) },
  {
    name: 'allResolversGone',
    touches: 'resolvers',
    async run(world) {
      const { api } = world.environment;
      const harm = { kind: 'noResolver', fromMs: performance.now() } as const;
      const pods = systemPods(world, RESOLVERS);
      try {
        await scaleResolvers(world, 0);
        for (const pod of pods) killPod(world, pod);
        await sleep(world.chance.between(500, 12_000));
      } finally {
        await scaleResolvers(world, 2);
        await untilAvailable(api, RESOLVERS);
        await untilSlicesFollow(world).finally(async () => {
          await sleep(FOLLOW_MS);
          world.disturbances.harm({ ...harm, untilMs: performance.now() });
        });
      }
    },
  },
];

/** Waits until what redirects names resolvers that are there, and no other: that is ours to bring about, with whom is left. */
async function untilSlicesFollow(world: FaultWorld): Promise<void> {
  const path = `${urlOf(SLICES)}?labelSelector=${encodeURIComponent(`${MANAGED_BY_LABEL}=${MANAGED_BY}`)}`;
  const haveFollowed = async () => {
    const { items } = await world.environment.api.call<{ items: readonly Slice[] }>('GET', path);
    const there = new Set(systemPods(world, RESOLVERS).flatMap(({ addresses }) => addresses));
    const named = items.flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses));
    return named.every((address) => there.has(address));
  };
  await until('the slices to name the new resolvers', haveFollowed, { timeoutMs: FOLLOWED_LIMIT_MS });
}

/** With Metacontroller or all hooks killed just now, too. */
const FOLLOWED_LIMIT_MS = 60_000;

async function scaleResolvers({ environment }: FaultWorld, replicas: number): Promise<void> {
  const words = ['scale', 'deployment', RESOLVERS, `--replicas=${replicas}`, '--namespace', SYSTEM_NAMESPACE];
  await persist(`${replicas} resolvers to be wanted`, () => environment.kubectl(...words));
}
