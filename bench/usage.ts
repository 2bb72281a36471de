import { readFileSync } from 'node:fs';

/** What a process has taken so far. */
export interface Usage {
  readonly rssMiB: number;
  /** The most that it ever had. */
  readonly peakMiB: number;
  readonly cpuSeconds: number;
}

/** Ticks in a second of /proc's CPU times: the same on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;

export function usageOf(pid: number): Usage {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1024;
  // The program's name stands in parentheses and may contain anything: count the fields after it (proc_pid_stat(5)).
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  return {
    rssMiB: mebibytes('VmRSS'),
    peakMiB: mebibytes('VmHWM'),
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
  };
}
