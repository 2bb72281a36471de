import { readdirSync, readFileSync } from 'node:fs';

/** The processes of a pod: they are the ones that the kubelet gave its name as HOSTNAME. */
export function podProcesses(pod: string): readonly number[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(`HOSTNAME=${pod}`));
}

/** Sends a signal to each process of a pod. */
export function signalPod(pod: string, signal: NodeJS.Signals): void {
  const pids = podProcesses(pod);
  if (pids.length === 0) throw new Error(`pod ${pod} has no process`);
  for (const pid of pids) process.kill(pid, signal);
}

function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
