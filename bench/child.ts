import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** A process that answers one message with one message. */
export interface Child<H = object> {
  /** What it said when it was there. */
  readonly hello: H;
  ask<T>(question: object): Promise<T>;
  /** Ends the process; resolves when it is gone. */
  stop(): Promise<void>;
}

/** Starts a file in a process of its own, and waits until it serves its parent. */
export async function startChild<H = object>(file: URL, execArgv: readonly string[]): Promise<Child<H>> {
  const child = fork(file, { execArgv: [...execArgv] });
  const first = answerOf<H>(child, file);
  let last: Promise<unknown> = first;
  return {
    hello: await first,
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
export function serveParent(answer: (question: never) => object | Promise<object>, hello: object = {}): void {
  process.on('message', async (question) => process.send?.(await answer(question as never)));
  process.on('disconnect', () => process.exit(0));
  process.send?.(hello);
}

/** CPU time that the process has used, all threads together. */
export function cpuNow(): { readonly cpuMs: number } {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1000 };
}

function answerOf<T>(child: ChildProcess, file: URL): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (code: number | null) => reject(new Error(`${file.pathname} ended with ${code}`));
    child.once('exit', fail);
    child.once('message', (message) => {
      child.off('exit', fail);
      resolve(message as T);
    });
  });
}
