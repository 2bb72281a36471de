import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { WorkQueue } from './work-queue.ts';

beforeEach(() => mock.timers.enable({ apis: ['setTimeout', 'Date'] }));
afterEach(() => mock.timers.reset());

/** A queue whose handed-out keys are written down, each done at once unless it is held. */
function setup({ held = [] as string[] } = {}) {
  const queue = new WorkQueue();
  const handedOut: string[] = [];
  const work = async () => {
    for (;;) {
      const key = await queue.next();
      if (key === undefined) return;
      handedOut.push(key);
      if (!held.includes(key)) queue.done(key);
    }
  };
  const ended = Promise.all([work(), work()]);
  return { queue, handedOut, ended };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
}

async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await settle();
}

test('keys that wait are merged and come out in order', async () => {
  const queue = new WorkQueue();
  for (const key of ['a', 'b', 'a', 'a']) queue.add(key);
  assert.equal(await queue.next(), 'a');
  assert.equal(await queue.next(), 'b');
  queue.add('c');
  assert.equal(await queue.next(), 'c');
});

test('a key is never worked on twice at once, and comes again once after it is done', async () => {
  const { queue, handedOut } = setup({ held: ['a'] });
  queue.add('a');
  await settle();
  queue.add('a');
  queue.add('a');
  await settle();
  assert.deepEqual(handedOut, ['a']);
  queue.done('a');
  await settle();
  assert.deepEqual(handedOut, ['a', 'a']);
  queue.done('a');
  await settle();
  assert.deepEqual(handedOut, ['a', 'a']);
});

test('a later timer of a key does not postpone the earlier one and does not fire by itself', async () => {
  const { queue, handedOut } = setup();
  queue.addAfter('a', 2000);
  queue.addAfter('a', 6000);
  await pass(1999);
  assert.deepEqual(handedOut, []);
  await pass(1);
  assert.deepEqual(handedOut, ['a']);
  await pass(10_000);
  assert.deepEqual(handedOut, ['a']);
});

test('an earlier timer of a key takes the place of the later one', async () => {
  const { queue, handedOut } = setup();
  queue.addAfter('a', 6000);
  queue.addAfter('a', 2000);
  await pass(2000);
  assert.deepEqual(handedOut, ['a']);
  await pass(10_000);
  assert.deepEqual(handedOut, ['a']);
});

test('a sync without a new timer leaves the running one alone', async () => {
  const { queue, handedOut } = setup();
  queue.addAfter('a', 6000);
  queue.add('a');
  await settle();
  assert.deepEqual(handedOut, ['a']);
  await pass(6000);
  assert.deepEqual(handedOut, ['a', 'a']);
});

test('no delay is at once', async () => {
  const { queue, handedOut } = setup();
  queue.addAfter('a', 0);
  await settle();
  assert.deepEqual(handedOut, ['a']);
});

test('no timer is set for longer than Node can', () => {
  mock.timers.reset();
  const setTimer = mock.method(globalThis, 'setTimeout');
  const queue = new WorkQueue();
  queue.addAfter('a', 30 * 24 * 3_600_000);
  const delays = setTimer.mock.calls.map((call) => call.arguments[1]);
  queue.shutDown();
  setTimer.mock.restore();
  assert.deepEqual(delays, [2 ** 31 - 1]);
});

test('a delay beyond the longest timer of Node fires in the end', async () => {
  const { queue, handedOut } = setup();
  const thirtyDaysMs = 30 * 24 * 3_600_000;
  queue.addAfter('a', thirtyDaysMs);
  await pass(2 ** 31 - 1);
  assert.deepEqual(handedOut, []);
  await pass(thirtyDaysMs - (2 ** 31 - 1));
  assert.deepEqual(handedOut, ['a']);
});

test('failures of a key wait twice as long each time, and forgetting starts over', async () => {
  const { queue, handedOut } = setup();
  for (const waitMs of [5, 10, 20, 40]) {
    const before = handedOut.length;
    queue.addRateLimited('a');
    await pass(waitMs - 1);
    assert.equal(handedOut.length, before, `just inside ${waitMs} ms`);
    await pass(1);
    assert.equal(handedOut.length, before + 1, `after ${waitMs} ms`);
  }
  queue.forget('a');
  queue.addRateLimited('a');
  await pass(5);
  assert.equal(handedOut.length, 5);
});

test('shutting down ends the workers and hands out no more keys', async () => {
  const { queue, handedOut, ended } = setup();
  queue.addAfter('a', 1000);
  queue.shutDown();
  queue.add('b');
  await ended;
  await pass(2000);
  assert.deepEqual(handedOut, []);
  assert.equal(await queue.next(), undefined);
});
