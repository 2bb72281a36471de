import assert from 'node:assert/strict';
import { test } from 'node:test';
import { carryOutAll } from './pool.ts';
import type { CarriedOut, Task } from './task.ts';

test('what comes of seeds is told in their order, and is the same on any number of threads', async () => {
  // The first takes longest, so that the others are done before it.
  const tasks = [6, 1, 1].map(
    (minutes, i): Task => ({
      kind: 'seed',
      run: { seed: 11 + i, minutes, faults: ['hookCrashes'], isDrawn: false, services: 2 },
    }),
  );
  const run = async (workers: number) => {
    const told: CarriedOut[] = [];
    await carryOutAll(tasks, { workers, onDone: (done) => void told.push(done) });
    return told;
  };
  const [one, two] = [await run(1), await run(2)];
  assert.deepEqual(
    one.map((done) => done.kind === 'seed' && done.tally.seed),
    [11, 12, 13],
  );
  assert.deepEqual(two, one);
});
