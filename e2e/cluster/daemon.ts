import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ClusterLayout } from './layout.ts';
import { identify, type ProcessIdentity } from './process-identity.ts';

/** A process of the cluster itself, by the name of its log. */
export interface NamedProcess extends ProcessIdentity {
  readonly name: string;
}

/** Starts a process that outlives this one and logs to `<directory>/logs/<name>.log`. */
export function startDaemon(
  layout: ClusterLayout,
  name: string,
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Daemon {
  mkdirSync(layout.logs, { recursive: true });
  const logFile = join(layout.logs, `${name}.log`);
  const log = openSync(logFile, 'a');
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { detached: true, stdio: ['ignore', log, log], env });
  closeSync(log);
  child.unref();
  const identity = child.pid === undefined ? undefined : identify(child.pid);
  if (identity) appendFileSync(layout.processes, `${JSON.stringify({ name, ...identity } satisfies NamedProcess)}\n`);
  return { ended: endOf(child, name, logFile) };
}

export interface Daemon {
  /** Rejects with the last lines of the log when the process ends; never resolves. */
  readonly ended: Promise<never>;
}

function endOf(child: ChildProcess, name: string, logFile: string): Promise<never> {
  const ended = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      const lines = readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-8);
      reject(new Error(`${name} ended (${signal ?? `exit ${code}`}):\n${lines.join('\n')}`));
    });
  });
  // Nobody has to be waiting for it.
  ended.catch(() => {});
  return ended;
}

export function readProcesses(layout: ClusterLayout): NamedProcess[] {
  try {
    const lines = readFileSync(layout.processes, 'utf8').trim().split('\n').filter(Boolean);
    return lines.map((line) => JSON.parse(line) as NamedProcess);
  } catch {
    return [];
  }
}
