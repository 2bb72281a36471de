import { readFileSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';

/** A pid alone may be given to another process; together with the kernel's start time it may not. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

export function identify(pid: number): ProcessIdentity | undefined {
  try {
    // The program's name stands in parentheses and may contain anything: count the fields after it (proc_pid_stat(5)).
    const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1) ?? '';
    const [state, ...rest] = afterName.split(' ');
    const startTime = rest[18];
    return state === 'Z' || startTime === undefined ? undefined : { pid, startTime };
  } catch {
    return undefined;
  }
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identify(identity.pid)?.startTime === identity.startTime;
}

/** Sends the signal unless the pid means another process by now. */
export function signal(identity: ProcessIdentity, name: NodeJS.Signals): void {
  if (!isAlive(identity)) return;
  try {
    process.kill(identity.pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Which network namespace a /proc/.../ns/net or /run/netns file stands for. */
export async function namespaceIdentity(file: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(file);
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

/** Every process that lives in the network namespace, whoever started it. */
export async function processesOf(namespace: string): Promise<ProcessIdentity[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry)).map(Number);
  const identities = pids.map(async (pid) => {
    const identity = identify(pid);
    return identity && (await namespaceIdentity(`/proc/${pid}/ns/net`)) === namespace ? identity : undefined;
  });
  return (await Promise.all(identities)).filter((identity) => identity !== undefined);
}

/** This process and those that wait for it. */
export function ownLineage(): ReadonlySet<number> {
  const pids = new Set<number>();
  for (let pid = process.pid; pid > 0 && !pids.has(pid); ) {
    pids.add(pid);
    pid = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
  }
  return pids;
}
