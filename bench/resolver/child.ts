import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A process of this folder that answers one message with one message. */
export interface Child {
  ask<T>(question: object): Promise<T>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

type File = 'bare-proxy.ts' | 'pod.ts' | 'resolver-process.ts' | 'herd.ts';

/** Starts a process of this folder, with its own file descriptors and its own event loop. */
export async function startChild(file: File): Promise<Child> {
  const child = fork(new URL(file, import.meta.url), { execArgv: ['--expose-gc'] });
  let last = answerOf<unknown>(child, file);
  await last;
  return {
    ask: <T>(question: object) => {
      const next = last.then(() => {
        const answer = answerOf<T>(child, file);
        child.send(question);
        return answer;
      });
      last = next;
      return next;
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

/** In the child: answers each message, ends with the parent, and says that it is there. */
export function serveParent(answer: (question: never) => object | Promise<object>): void {
  process.on('message', async (question) => process.send?.(await answer(question as never)));
  process.on('disconnect', () => process.exit(0));
  process.send?.({});
}

/** Memory of the process after what can be freed was freed, in bytes. */
export function rssAfterGc(): number {
  for (let n = 0; n < 3; n++) globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** CPU time that the process has used, all threads together. */
export function cpuNow(): { readonly cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000 };
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
