import { setTimeout as sleep } from 'node:timers/promises';
import { urlOf } from '../../cluster/kube-object.ts';
import { until } from '../../cluster/wait.ts';
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
export function killPod(
  { disturbances }: FaultWorld,
  { name, addresses }: Pick<PodRecord, 'name' | 'addresses'>,
): void {
  if (podProcesses(name).length === 0) return;
  const fromMs = performance.now();
  signalPod(name, 'SIGKILL');
  for (const address of addresses) disturbances.harm({ kind: 'killed', address, fromMs, untilMs: fromMs + KILLED_MS });
}

/** Kills the process of one of a Deployment's pods; resolves when all are available again. */
export async function killOne(world: FaultWorld, app: string): Promise<void> {
  const { disturbances, environment, chance } = world;
  const { name, addresses } = chance.pick(systemPods(world, app));
  const fromMs = performance.now();
  killPod(world, { name, addresses });
  await sleep(DEAD_MS);
  // Asked itself: what the API server says of it may be of before.
  const isBack = () => fetch(`http://${addresses[0]}:8013/readyz`).then(({ ok }) => ok);
  await until(`${name} to be back`, isBack, { timeoutMs: BACK_LIMIT_MS });
  const untilMs = performance.now() + FOLLOW_MS;
  for (const address of addresses) disturbances.harm({ kind: 'killed', address, fromMs, untilMs });
  await untilAvailable(environment.api, app);
}

/** Until kube-proxy has heard of it, and whoever connected just before that has found out. */
const KILLED_MS = 5000;
const DEAD_MS = 200;
const BACK_LIMIT_MS = 60_000;
/** kube-proxy follows the slices within this. */
export const FOLLOW_MS = 3000;

/** Replaces all pods of a Deployment of the system, in good order. */
export async function rollOut({ environment }: FaultWorld, app: string): Promise<void> {
  const words = ['rollout', 'restart', 'deployment', app, '--namespace', SYSTEM_NAMESPACE];
  await persist(`${app} to be restarted`, () => environment.kubectl(...words));
  await untilAvailable(environment.api, app);
}
