import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type NamedProcess, readProcesses, startDaemon } from '../../cluster/daemon.ts';
import { isAlive, signal } from '../../cluster/process-identity.ts';
import { until } from '../../cluster/wait.ts';
import type { FaultWorld } from './fault.ts';

/** The latest process of that name that runs beside the pods. */
export function daemonOf({ environment }: FaultWorld, name: string): NamedProcess {
  const daemon = readProcesses(environment.layout).findLast((process) => process.name === name);
  if (!daemon) throw new Error(`there is no ${name}`);
  return daemon;
}

/** Ends a process by a signal, and starts the same command again after a while that is drawn. */
export async function restartAfter(
  world: FaultWorld,
  name: string,
  { by, fromMs, toMs }: { readonly by: NodeJS.Signals; readonly fromMs: number; readonly toMs: number },
): Promise<void> {
  const daemon = daemonOf(world, name);
  const [program = '', ...args] = readFileSync(`/proc/${daemon.pid}/cmdline`, 'utf8').split('\0').slice(0, -1);
  signal(daemon, by);
  await until(`${name} to be dead`, () => !isAlive(daemon), { everyMs: 5 });
  await sleep(world.chance.spell(fromMs, toMs));
  startDaemon(world.environment.layout, name, program, args);
}
