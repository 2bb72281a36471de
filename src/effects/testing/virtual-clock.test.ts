import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from './virtual-clock.ts';

test('sleepers wake in the order of their times, then of their calls', async () => {
  const clock = createVirtualClock();
  const woken: string[] = [];
  const sleep = async (name: string, ms: number) => {
    await clock.sleep(ms);
    woken.push(`${name}@${clock.monotonicMs()}`);
  };
  void sleep('late', 20);
  void sleep('first', 10);
  void sleep('second', 10).then(() => sleep('nested', 5));
  await clock.advance(19);
  assert.deepEqual(woken, ['first@10', 'second@10', 'nested@15']);
  await clock.advance(1);
  assert.deepEqual(woken.at(-1), 'late@20');
});

test('time stands still while nobody moves it', async () => {
  const clock = createVirtualClock(new Date('2026-01-01T00:00:00Z'));
  await clock.settle();
  assert.equal(clock.monotonicMs(), 0);
  await clock.advance(1500);
  assert.equal(clock.now().toISOString(), '2026-01-01T00:00:01.500Z');
  assert.equal(clock.skewed(-3000).now().toISOString(), '2025-12-31T23:59:58.500Z');
});

test('an aborted sleep rejects with the reason and leaves no sleeper', async () => {
  const clock = createVirtualClock();
  const abort = new AbortController();
  const slept = clock.sleep(10, abort.signal);
  abort.abort(new Error('enough'));
  await assert.rejects(slept, /enough/);
  assert.equal(clock.nextAtMs(), undefined);
  await assert.rejects(clock.sleep(10, abort.signal), /enough/);
});

test('run answers with what the promise gives, and throws where it can never be settled', async () => {
  const clock = createVirtualClock();
  assert.equal(await clock.run(clock.sleep(100).then(() => 7)), 7);
  assert.equal(clock.monotonicMs(), 100);
  await assert.rejects(clock.run(Promise.reject(new Error('no'))), /no/);
  await assert.rejects(clock.run(new Promise(() => {})), /nothing is left/);
});
