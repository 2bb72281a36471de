import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface Exit {
  readonly code: number;
  readonly startedAt: Date;
  readonly finishedAt: Date;
}

export interface ContainerProcess {
  readonly pid: number;
  readonly startedAt: Date;
  readonly exited: Promise<Exit>;
  terminate(): void;
  kill(): void;
}

export interface ProcessOptions {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly logFile: string;
}

export function startProcess({ command, environment, workingDirectory, logFile }: ProcessOptions): ContainerProcess {
  const [program = '', ...args] = command;
  const startedAt = new Date();
  const log = openSync(logFile, 'a');
  // A process group of its own, so that what the command forked ends with it.
  const child = spawn(program, args, {
    env: environment,
    cwd: workingDirectory,
    stdio: ['ignore', log, log],
    detached: true,
  });
  closeSync(log);
  let isOver = false;
  const exited = new Promise<Exit>((resolve) => {
    const end = (code: number) => {
      isOver = true;
      signalGroup(child.pid, 'SIGKILL');
      resolve({ code, startedAt, finishedAt: new Date() });
    };
    child.on('error', () => end(128));
    child.on('exit', (code, signal) => end(code ?? (signal === 'SIGTERM' ? 143 : 137)));
  });
  return {
    pid: child.pid ?? 0,
    startedAt,
    exited,
    terminate: () => void child.kill('SIGTERM'),
    kill: () => {
      // The number may be another group's by now.
      if (!isOver) signalGroup(child.pid, 'SIGKILL');
    },
  };
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (!pid) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}
