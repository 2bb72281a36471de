import { parentPort } from 'node:worker_threads';
import { carryOut, type Task } from './task.ts';

// A worker of the pool: one task at a time. Nobody reads the stacks of the errors that the real code expects.
Error.stackTraceLimit = 0;
parentPort?.on('message', async (task: Task) => parentPort?.postMessage(await carryOut(task)));
