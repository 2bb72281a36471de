import assert from 'node:assert/strict';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { TokenBucket } from './token-bucket.ts';

beforeEach(() => mock.timers.enable({ apis: ['Date'] }));
afterEach(() => mock.timers.reset());

test('a burst is free and each token after it is waited for', () => {
  const bucket = new TokenBucket({ perSecond: 100, burst: 2 });
  assert.deepEqual(
    [1, 2, 3, 4].map(() => bucket.reserveMs()),
    [0, 0, 10, 20],
  );
});

test('a bucket does not fill beyond its burst', () => {
  const bucket = new TokenBucket({ perSecond: 100, burst: 2 });
  mock.timers.tick(60_000);
  assert.deepEqual(
    [1, 2, 3].map(() => bucket.reserveMs()),
    [0, 0, 10],
  );
});

test('events: 25 per object, then one each 5 minutes', () => {
  const bucket = new TokenBucket({ perSecond: 1 / 300, burst: 25 });
  const taken = Array.from({ length: 30 }, () => bucket.tryTake());
  assert.equal(taken.filter(Boolean).length, 25);
  mock.timers.tick(299_000);
  assert.equal(bucket.tryTake(), false);
  mock.timers.tick(2000);
  assert.equal(bucket.tryTake(), true);
  assert.equal(bucket.tryTake(), false);
});
