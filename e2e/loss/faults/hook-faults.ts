import { untilAvailable } from '../../environment/environment.ts';
import type { Fault } from './fault.ts';
import { HOOKS, killOne, killPod, rollOut, systemPods } from './system-pods.ts';

export const HOOK_FAULTS: readonly Fault[] = [
  { name: 'hookKilled', touches: 'hooks', run: (world) => killOne(world, HOOKS) },
  {
    name: 'allHooksKilled',
    touches: 'hooks',
    async run(world) {
      for (const pod of systemPods(world, HOOKS)) killPod(world, pod);
      await untilAvailable(world.environment.api, HOOKS);
    },
  },
  { name: 'hooksRolled', touches: 'hooks', run: (world) => rollOut(world, HOOKS) },
];
