import { readProcesses, startDaemon } from '../cluster/daemon.ts';
import type { ClusterLayout } from '../cluster/layout.ts';
import { isAlive, signal } from '../cluster/process-identity.ts';
import { until } from '../cluster/wait.ts';

/** A program beside the cluster, inside its namespace; it outlives this process and ends with the cluster. */
export interface Program {
  readonly name: string;
  /** Rejects with the last lines of its log when it ends by itself. */
  readonly ended: Promise<never>;
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

interface Command {
  /** Names the process and its log, `<directory>/logs/<name>.log`. */
  readonly name: string;
  readonly command: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

export function startProgram(layout: ClusterLayout, { name, command, environment = {} }: Command): Program {
  const variables = Object.entries(environment).map(([variable, value]) => `${variable}=${value}`);
  const { ended } = startDaemon(layout, name, 'env', [...variables, ...command]);
  const identity = readProcesses(layout).findLast((process) => process.name === name);
  if (!identity) throw new Error(`${name} did not start`);
  return {
    name,
    ended,
    signal: (signalName) => signal(identity, signalName),
    async stop() {
      // One that is paused sees no SIGTERM before it goes on.
      signal(identity, 'SIGCONT');
      signal(identity, 'SIGTERM');
      await until(`${name} to end`, () => !isAlive(identity));
    },
  };
}

/** Waits for what a program that just started is to bring about, and gives up as soon as it ends. */
export function untilServes(program: Program, probe: () => Promise<unknown>): Promise<unknown> {
  return Promise.race([until(`${program.name} to serve`, probe, { timeoutMs: 30_000, everyMs: 50 }), program.ended]);
}
