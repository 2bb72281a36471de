import { type cpuNow, startChild } from '../child.ts';

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
  const { hello, ask, stop } = await startChild<{ port: number }>(new URL(file, import.meta.url), execArgv);
  return { port: hello.port, cpuMs: async () => (await ask<ReturnType<typeof cpuNow>>({})).cpuMs, stop };
}
