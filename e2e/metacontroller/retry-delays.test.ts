import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { RetryDelays } from './retry-delays.ts';

beforeEach(() => mock.timers.enable({ apis: ['Date'] }));
afterEach(() => mock.timers.reset());

test('the delay of one key doubles from 5 ms up to 1000 s', () => {
  const delays = new RetryDelays();
  const waited = Array.from({ length: 20 }, () => delays.nextMs('a'));
  assert.deepEqual(waited.slice(0, 5), [5, 10, 20, 40, 80]);
  assert.deepEqual(waited.slice(17), [655_360, 1_000_000, 1_000_000]);
});

test('all failed keys share a burst of 100, then 10 a second', () => {
  const delays = new RetryDelays();
  const waited = Array.from({ length: 120 }, (_, index) => delays.nextMs(`key-${index}`));
  assert.deepEqual(new Set(waited.slice(0, 100)), new Set([5]));
  assert.deepEqual(waited.slice(100, 103).map(Math.round), [100, 200, 300]);
  assert.equal(Math.round(waited[119] ?? 0), 2000);
});

test('the shared burst fills up again', () => {
  const delays = new RetryDelays();
  for (let index = 0; index < 100; index += 1) delays.nextMs(`key-${index}`);
  mock.timers.tick(1000);
  const waited = Array.from({ length: 11 }, (_, index) => delays.nextMs(`late-${index}`));
  assert.deepEqual(new Set(waited.slice(0, 10)), new Set([5]));
  assert.equal(Math.round(waited[10] ?? 0), 100);
});
