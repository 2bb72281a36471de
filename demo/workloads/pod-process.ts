import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { DemoService } from '../settings.ts';

/** A pod's program at work. */
export interface PodProcess {
  /** SIGTERM: it closes its listener, answers what it has accepted, and ends. */
  terminate(): void;
  kill(): void;
}

export interface PodProcessOptions {
  readonly name: string;
  readonly service: DemoService;
  readonly onListening: (port: number) => void;
  readonly onExit: () => void;
}

const PROGRAM = fileURLToPath(new URL('./pod.ts', import.meta.url));
/** Of the time that a pod is given, a program gets this much after SIGTERM. */
const GRACE_MS = 5000;

/** Starts a pod's program as a child process, which ends with us however we end. */
export function startPodProcess({ name, service, onListening, onExit }: PodProcessOptions): PodProcess {
  const child = fork(PROGRAM, {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: {
      POD_NAME: name,
      POD_APP: service.name,
      POD_PROTOCOL: service.protocol,
      POD_START_MS: String(Math.round(service.startMs * (0.8 + 0.4 * Math.random()))),
    },
  });
  let grace: NodeJS.Timeout | undefined;
  child.on('message', (message) => onListening((message as { port: number }).port));
  // Told as an exit too, where it ever started.
  child.on('error', () => child.exitCode === null && child.pid === undefined && onExit());
  child.on('exit', () => {
    clearTimeout(grace);
    onExit();
  });
  return {
    terminate: () => {
      child.kill('SIGTERM');
      grace = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    },
    kill: () => void child.kill('SIGKILL'),
  };
}
