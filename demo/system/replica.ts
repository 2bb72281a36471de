/** A running replica of the hook service or of the resolver: what stands for its process. */
export interface Replica {
  isReady(): boolean;
  /** As SIGKILL does: its sockets are gone, and nothing that it was doing goes on. */
  kill(): Promise<void>;
}

/** The calls of a process: once it is dead, none is sent and no answer reaches it. */
export function whileAlive<T extends object>(calls: T, isAlive: () => boolean): T {
  const never = () => new Promise<never>(() => {});
  const gated = Object.entries(calls).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      if (!isAlive()) return never();
      const settle = <V>(value: V) => (isAlive() ? value : never());
      return (call as (...args: unknown[]) => Promise<unknown>)(...args).then(settle, (error) => {
        if (isAlive()) throw error;
        return never();
      });
    },
  ]);
  return Object.fromEntries(gated) as T;
}
