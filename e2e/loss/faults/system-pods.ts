import { urlOf } from '../../cluster/kube-object.ts';
import { SYSTEM_NAMESPACE, untilAvailable } from '../../environment/environment.ts';
import { signalPod } from '../../stage/pod-processes.ts';
import type { PodRecord } from '../witness.ts';
import type { FaultWorld } from './fault.ts';

export const HOOKS = 'elasti-operator-controller';
export const RESOLVERS = 'elasti-resolver';

/** The pods of a Deployment of the system that nobody has asked to end. */
export function systemPods({ witness }: FaultWorld, app: string): readonly PodRecord[] {
  return witness.pods(app, SYSTEM_NAMESPACE).filter(({ deletedAtMs }) => deletedAtMs === undefined);
}

/** Kills a pod's process; it is started again where it was. */
export async function killPod(world: FaultWorld, { name, addresses, namespace }: PodRecord): Promise<void> {
  // However often it was killed before.
  const annotations = { 'e2e.elasti.dev/restart-delay-ms': String(world.chance.pick([0, 500, 2000])) };
  await world.environment.api.call('PATCH', urlOf('v1/pods', namespace, name), { metadata: { annotations } });
  const fromMs = performance.now();
  signalPod(name, 'SIGKILL');
  for (const address of addresses) {
    world.disturbances.harm({ kind: 'killed', address, fromMs, untilMs: fromMs + KILLED_MS });
  }
}

/** Until kube-proxy has heard of it, and whoever connected just before that has found out. */
const KILLED_MS = 5000;

/** Replaces all pods of a Deployment of the system, in good order. */
export async function rollOut({ environment }: FaultWorld, app: string): Promise<void> {
  await environment.kubectl('rollout', 'restart', 'deployment', app, '--namespace', SYSTEM_NAMESPACE);
  await untilAvailable(environment.api, app);
}
