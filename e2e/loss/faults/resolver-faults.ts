import { setTimeout as sleep } from 'node:timers/promises';
import { SYSTEM_NAMESPACE, untilAvailable } from '../../environment/environment.ts';
import { type Fault, type FaultWorld, persist } from './fault.ts';
import { killOne, killPod, RESOLVERS, rollOut, systemPods } from './system-pods.ts';

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
        // The slices follow, and kube-proxy after them.
        await sleep(FOLLOW_MS);
        world.disturbances.harm({ ...harm, untilMs: performance.now() });
      }
    },
  },
];

const FOLLOW_MS = 3000;

async function scaleResolvers({ environment }: FaultWorld, replicas: number): Promise<void> {
  const words = ['scale', 'deployment', RESOLVERS, `--replicas=${replicas}`, '--namespace', SYSTEM_NAMESPACE];
  await persist(`${replicas} resolvers to be wanted`, () => environment.kubectl(...words));
}
