import { urlOf } from '../../cluster/kube-object.ts';
import { type Environment, SYSTEM_NAMESPACE, untilAvailable } from '../../environment/environment.ts';
import { podProcesses, signalPod } from '../../stage/pod-processes.ts';
import type { PodRecord } from '../witness.ts';
import { type FaultWorld, persist } from './fault.ts';

export const HOOKS = 'elasti-operator-controller';
export const RESOLVERS = 'elasti-resolver';

/** The pods of a Deployment of the system that nobody has asked to end. */
export function systemPods({ witness }: FaultWorld, app: string): readonly PodRecord[] {
  return witness.pods(app, SYSTEM_NAMESPACE).filter(({ deletedAtMs }) => deletedAtMs === undefined);
}

/** Has a killed process of the system come back soon, however often it was killed before. */
export async function restartSoon({ api }: Environment): Promise<void> {
  const metadata = { annotations: { 'e2e.elasti.dev/restart-delay-ms': '700' } };
  for (const app of [HOOKS, RESOLVERS]) {
    const path = urlOf('apps/v1/deployments', SYSTEM_NAMESPACE, app);
    await api.call('PATCH', path, { spec: { template: { metadata } } });
    await untilAvailable(api, app);
  }
}

/** Kills a pod's process, if it has one just now; it is started again where it was. */
export function killPod({ disturbances }: FaultWorld, { name, addresses }: PodRecord): void {
  if (podProcesses(name).length === 0) return;
  const fromMs = performance.now();
  signalPod(name, 'SIGKILL');
  for (const address of addresses) disturbances.harm({ kind: 'killed', address, fromMs, untilMs: fromMs + KILLED_MS });
}

/** Kills the process of one of a Deployment's pods; resolves when all are available again. */
export async function killOne(world: FaultWorld, app: string): Promise<void> {
  killPod(world, world.chance.pick(systemPods(world, app)));
  await untilAvailable(world.environment.api, app);
}

/** Until kube-proxy has heard of it, and whoever connected just before that has found out. */
const KILLED_MS = 5000;

/** Replaces all pods of a Deployment of the system, in good order. */
export async function rollOut({ environment }: FaultWorld, app: string): Promise<void> {
  const words = ['rollout', 'restart', 'deployment', app, '--namespace', SYSTEM_NAMESPACE];
  await persist(`${app} to be restarted`, () => environment.kubectl(...words));
  await untilAvailable(environment.api, app);
}
