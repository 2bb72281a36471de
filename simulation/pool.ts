import { Worker } from 'node:worker_threads';
import type { CarriedOut, Task } from './task.ts';

/** Nearly all that a run makes is garbage soon: with more room fewer collections find more of it. */
const LIMITS = { maxYoungGenerationSizeMb: 192 };

/**
 * Carries out tasks on so many threads, and hands over what came of them in the order of the tasks, whoever was done
 * first.
 */
export async function carryOutAll(
  tasks: readonly Task[],
  {
    workers,
    onDone,
  }: { readonly workers: number; readonly onDone: (done: CarriedOut, index: number) => void | Promise<void> },
): Promise<void> {
  const done = new Map<number, CarriedOut>();
  let next = 0;
  let told = 0;
  let telling = Promise.resolve();

  const tell = () => {
    for (; done.has(told); told++) {
      const [index, result] = [told, done.get(told) as CarriedOut];
      done.delete(told);
      telling = telling.then(() => onDone(result, index));
    }
  };
  const work = async () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { resourceLimits: LIMITS });
    try {
      while (next < tasks.length) {
        const index = next;
        next += 1;
        done.set(index, await ask(worker, tasks[index] as Task));
        tell();
      }
    } finally {
      await worker.terminate();
    }
  };
  await Promise.all(Array.from({ length: Math.min(workers, tasks.length) }, work));
  await telling;
}

function ask(worker: Worker, task: Task): Promise<CarriedOut> {
  return new Promise((resolve, reject) => {
    const onMessage = (done: CarriedOut) => {
      worker.off('error', reject);
      resolve(done);
    };
    worker.once('error', reject);
    worker.once('message', onMessage);
    worker.postMessage(task);
  });
}
