import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { buildControlPlane } from './build.ts';
import { type NamedProcess, readProcesses } from './daemon.ts';
import { type ClusterLayout, makeLayout } from './layout.ts';
import { createNetwork, hasIpv6, removeNetwork } from './network.ts';
import { checkMachine } from './preflight.ts';
import { readSettings, writeSettings } from './settings.ts';
import { endProcesses } from './teardown.ts';

export const DEFAULT_NAME = 'dev';

export interface ClusterOptions {
  readonly name?: string;
  /** Writes an audit log: one JSON object a line, bodies for scale requests only. */
  readonly audit?: boolean;
}

export interface Cluster {
  readonly name: string;
  /** Holds `logs/`, `pods/` (what pods wrote) and the files below. */
  readonly directory: string;
  readonly kubeconfig: string;
  readonly auditLog: string | undefined;
  /** Runs a command inside the namespace with KUBECONFIG and PATH set; resolves to its exit code. */
  run(command: readonly string[]): Promise<number>;
  /** The same as words for a shell or for `spawn`. */
  readonly prefix: readonly string[];
  /** The cluster's own processes, for tests that pause or kill one. */
  processes(): readonly NamedProcess[];
  /** Ends all that lives in the namespace and removes every trace; `keep` leaves the directory. */
  stop(options?: { keep?: boolean }): Promise<void>;
}

/** Starts a cluster and resolves when its API server, data plane and kubelet serve. */
export async function startCluster(options: ClusterOptions = {}): Promise<Cluster> {
  const { name = DEFAULT_NAME, audit = false } = options;
  const layout = makeLayout(name);
  checkMachine();
  if (existsSync(layout.namespaceFile))
    throw new Error(`cluster ${name} is there already; down.ts --name ${name} removes it`);
  const binaries = await buildControlPlane();

  await rm(layout.directory, { recursive: true, force: true });
  await mkdir(layout.pods, { recursive: true, mode: 0o700 });
  writeSettings(layout, { binaries, audit, ipv6: hasIpv6() });
  try {
    await createNetwork(layout);
    const cluster = openCluster(name);
    const code = await cluster.run([process.execPath, join(import.meta.dirname, 'bring-up.ts'), name]);
    if (code !== 0) throw new Error(`cluster ${name} did not come up (exit ${code}), see ${layout.logs}`);
    return cluster;
  } catch (error) {
    await stop(layout, { keep: true });
    throw error;
  }
}

/** A handle of a cluster that was started before, perhaps by another process. */
export function openCluster(name: string = DEFAULT_NAME): Cluster {
  const layout = makeLayout(name);
  if (!existsSync(layout.namespaceFile)) throw new Error(`there is no cluster ${name}; up.ts --name ${name} starts it`);
  const settings = readSettings(layout);
  // The Node.js and the kubectl that fit come first, for commands and pods alike.
  const path = [settings.binaries, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
  const environment = ['env', `KUBECONFIG=${layout.kubeconfig}`, `PATH=${path}`];
  const prefix = ['ip', 'netns', 'exec', layout.namespace, ...environment];
  return {
    name,
    directory: layout.directory,
    kubeconfig: layout.kubeconfig,
    auditLog: settings.audit ? layout.auditLog : undefined,
    prefix,
    run: (command) => runToEnd([...prefix, ...command]),
    processes: () => readProcesses(layout),
    stop: (stopOptions) => stop(layout, stopOptions),
  };
}

/** Like `Cluster.stop`, for a cluster of which anything from everything to nothing may be left. */
export function removeCluster(name: string, options?: { keep?: boolean }): Promise<void> {
  return stop(makeLayout(name), options);
}

async function stop(layout: ClusterLayout, options: { keep?: boolean } = {}): Promise<void> {
  await endProcesses(layout);
  await removeNetwork(layout);
  if (!options.keep) await rm(layout.directory, { recursive: true, force: true });
}

function runToEnd([program = '', ...args]: readonly string[]): Promise<number> {
  const child = spawn(program, args, { stdio: 'inherit' });
  // A terminal sends ^C to both: stay, so that whoever called gets to clean up after the command has ended.
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  const wait = () => {};
  process.on('SIGTERM', pass).on('SIGINT', wait);
  return new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  }).finally(() => process.off('SIGTERM', pass).off('SIGINT', wait));
}
