import { setTimeout as sleep } from 'node:timers/promises';
import { SYSTEM_NAMESPACE, untilAvailable } from '../../environment/environment.ts';
import type { Fault, FaultWorld } from './fault.ts';
import { killPod, RESOLVERS, rollOut, systemPods } from './system-pods.ts';

export const RESOLVER_FAULTS: readonly Fault[] = [
  {
    name: 'resolverKilled',
    touches: 'resolvers',
    async run(world) {
      await killPod(world, world.chance.pick(systemPods(world, RESOLVERS)));
      await untilAvailable(world.environment.api, RESOLVERS);
    },
  },
  { name: 'resolversRolled', touches: 'resolvers', run: (world) => rollOut(world, RESOLVERS) },
  {
    name: 'allResolversGone',
    touches: 'resolvers',
    async run(world) {
      const { api } = world.environment;
      const fromMs = performance.now();
      const pods = systemPods(world, RESOLVERS);
      await scaleResolvers(world, 0);
      await Promise.all(pods.map((pod) => killPod(world, pod)));
      await sleep(world.chance.between(500, 12_000));
      await scaleResolvers(world, 2);
      await untilAvailable(api, RESOLVERS);
      // The slices follow, and kube-proxy after them.
      await sleep(FOLLOW_MS);
      world.disturbances.harm({ kind: 'noResolver', fromMs, untilMs: performance.now() });
    },
  },
];

const FOLLOW_MS = 3000;

async function scaleResolvers({ environment }: FaultWorld, replicas: number): Promise<void> {
  const where = ['--namespace', SYSTEM_NAMESPACE];
  await environment.kubectl('scale', 'deployment', RESOLVERS, `--replicas=${replicas}`, ...where);
}
