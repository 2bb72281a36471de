import { join } from 'node:path';
import { readProcesses } from '../../e2e/cluster/daemon.ts';
import type { ClusterLayout } from '../../e2e/cluster/layout.ts';
import { startProgram, untilServes } from '../../e2e/environment/programs.ts';
import { type Usage, usageOf } from '../usage.ts';
import { type Inspector, openInspector } from './inspector.ts';
import type { Deployed } from './install.ts';
import type { PodIdentity } from './pod-identity.ts';

const DIST = join(import.meta.dirname, '../../dist');

/** A program of ours as its image runs it. */
export interface ServerProcess {
  usage(): Usage;
  inspect<T>(work: (inspector: Inspector) => Promise<T>): Promise<T>;
  /** Kills it without warning and starts it again; resolves when it is ready. */
  restart(): Promise<void>;
  /** Kills it without warning. */
  stop(): Promise<void>;
}

interface Start {
  readonly name: string;
  /** In `dist/`. */
  readonly main: string;
  readonly deployed: Deployed;
  readonly identity: PodIdentity;
  readonly environment: Readonly<Record<string, string>>;
  readonly inspectorPort: number;
  readonly readyUrl: string;
}

/** Starts it; resolves when it is ready. */
export async function startServer(layout: ClusterLayout, start: Start): Promise<ServerProcess> {
  const { name, deployed, identity, inspectorPort, readyUrl } = start;
  const command = identity.wrap([
    process.execPath,
    ...(deployed.environment.NODE_OPTIONS === undefined ? heapFlags(deployed.memoryLimitMiB) : []),
    `--inspect-port=127.0.0.1:${inspectorPort}`,
    '--import',
    join(DIST, 'instrument.js'),
    join(DIST, start.main),
  ]);
  const environment = {
    ...deployed.environment,
    ...identity.environment,
    ...start.environment,
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
  };
  const launch = async () => {
    const program = startProgram(layout, { name, command, environment });
    await untilServes(program, async () => (await fetch(readyUrl)).ok);
    return program;
  };
  let program = await launch();
  const pid = () => pidOf(layout, name);
  const stop = () => {
    program.signal('SIGKILL');
    return program.stop();
  };
  return {
    usage: () => usageOf(pid()),
    inspect: async (work) => {
      const inspector = await openInspector(pid(), inspectorPort);
      try {
        return await work(inspector);
      } finally {
        inspector.close();
      }
    },
    restart: async () => {
      await stop();
      program = await launch();
    },
    stop,
  };
}

/** The process that was started last under this name. */
export function pidOf(layout: ClusterLayout, name: string): number {
  const identity = readProcesses(layout).findLast((process) => process.name === name);
  if (!identity) throw new Error(`${name} was never started`);
  return identity.pid;
}

/** The sizes that Node.js itself takes in a container of this memory limit, which there is none of here, where it is told none. */
function heapFlags(memoryLimitMiB: number): readonly string[] {
  const oldSpaceMiB = memoryLimitMiB / 2;
  const semiSpaceMiB = Math.max(1, oldSpaceMiB / (oldSpaceMiB <= 256 ? 256 : 128));
  return [`--max-old-space-size=${oldSpaceMiB}`, `--max-semi-space-size=${Math.round(semiSpaceMiB)}`];
}
