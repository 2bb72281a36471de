import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface ServerProcess {
  readonly port: number;
  /** CPU time that the process has used, all threads together. */
  cpuMs(): Promise<number>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts a server of this folder in a process of its own. */
export async function startServer(
  file: 'bare-server.ts' | 'hooks-server.ts',
  execArgv: readonly string[] = [],
): Promise<ServerProcess> {
  const child = fork(new URL(file, import.meta.url), { execArgv: [...execArgv] });
  const { port } = await answerOf<{ port: number }>(child, file);
  return {
    port,
    cpuMs: async () => {
      const answer = answerOf<{ cpuMs: number }>(child, file);
      child.send('cpu');
      return (await answer).cpuMs;
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

function answerOf<T>(child: ChildProcess, file: string): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (code: number | null) => reject(new Error(`${file} ended with ${code}`));
    child.once('exit', fail);
    child.once('message', (message) => {
      child.off('exit', fail);
      resolve(message as T);
    });
  });
}
