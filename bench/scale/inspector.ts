import { once } from 'node:events';
import { createWriteStream, type WriteStream } from 'node:fs';
import { until } from '../../e2e/cluster/wait.ts';

/** A running Node.js process from the inside. */
export interface Inspector {
  /**
   * Data that lives after garbage collection, on the heap and in buffers, in bytes. Compiled code is not in it: how much
   * of it there is just then is up to V8.
   */
  liveBytes(): Promise<number>;
  writeHeapSnapshot(file: string): Promise<void>;
  /** Profiles its CPU time while the work goes on. */
  profile(file: string, work: () => Promise<unknown>): Promise<void>;
  close(): void;
}

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly chunk?: string };
  readonly result?: object;
  readonly error?: { readonly message: string };
}

/** Runs in the process: V8 keeps compiled code and bytecode in spaces with these words in their names. */
const LIVE_BYTES = `
  process.getBuiltinModule('node:v8').getHeapSpaceStatistics()
    .filter(({ space_name }) => !/code|trusted/.test(space_name))
    .reduce((sum, { space_used_size }) => sum + space_used_size, process.memoryUsage().arrayBuffers)`;

/** Asks a process for its inspector, which no process has open until then, and connects to it. */
export async function openInspector(pid: number, port: number): Promise<Inspector> {
  process.kill(pid, 'SIGUSR1');
  const targets = await until('the inspector', async () => {
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    return (await response.json()) as readonly { readonly webSocketDebuggerUrl: string }[];
  });
  const socket = new WebSocket(targets[0]?.webSocketDebuggerUrl ?? '');
  await once(socket, 'open');
  const waiting = new Map<number, (reply: Reply) => void>();
  let snapshot: WriteStream | undefined;
  socket.addEventListener('message', ({ data }) => {
    const reply = JSON.parse(String(data)) as Reply;
    if (reply.method === 'HeapProfiler.addHeapSnapshotChunk') snapshot?.write(reply.params?.chunk ?? '');
    if (reply.id !== undefined) waiting.get(reply.id)?.(reply);
  });

  let lastId = 0;
  const send = <T>(method: string, params: object = {}): Promise<T> =>
    new Promise((resolve, reject) => {
      const id = ++lastId;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result as T);
      });
      socket.send(JSON.stringify({ id, method, params }));
    });

  return {
    liveBytes: async () => {
      // What finalizers let go of in the first is collected in the second.
      await send('HeapProfiler.collectGarbage');
      await send('HeapProfiler.collectGarbage');
      const { result } = await send<{ result: { value: number } }>('Runtime.evaluate', { expression: LIVE_BYTES });
      return result.value;
    },
    writeHeapSnapshot: async (file) => {
      snapshot = createWriteStream(file);
      await send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
      snapshot.end();
      await once(snapshot, 'finish');
    },
    profile: async (file, work) => {
      await send('Profiler.enable');
      await send('Profiler.start');
      await work();
      const { profile } = await send<{ profile: object }>('Profiler.stop');
      const stream = createWriteStream(file);
      stream.end(JSON.stringify(profile));
      await once(stream, 'finish');
    },
    close: () => socket.close(),
  };
}
