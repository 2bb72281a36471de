import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sweepClaims } from './sweep-claims.ts';
import { refusal } from './testing/model-cluster.ts';
import { createSeededRandom } from './testing/seeded-random.ts';
import { silentLog } from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

function setup(sweep: () => Promise<void>) {
  const clock = createVirtualClock();
  const swept: number[] = [];
  const bugs: unknown[] = [];
  const ending = new AbortController();
  const claims = {
    sweep: () => {
      swept.push(clock.monotonicMs());
      return sweep();
    },
  };
  const random = createSeededRandom(1);
  const onBug = (error: unknown) => void bugs.push(error);
  const ended = sweepClaims({ claims, clock, random, log: silentLog, onBug }, ending.signal);
  return { clock, swept, bugs, ending, ended };
}

test('sweeps about every ten minutes, not at the start, and ends when told', async () => {
  const { clock, swept, ending, ended } = setup(async () => {});
  await clock.advance(400_000);
  assert.deepEqual(swept, []);
  await clock.advance(3600_000);
  assert.ok(swept.length >= 5 && swept.length <= 8, swept.join());
  ending.abort();
  await ended;
  assert.equal(clock.nextAtMs(), undefined);
});

test('goes on after a failure, and tells of bugs', async () => {
  const failures = [refusal('TIMEOUT', 'list', '*'), new Error('bug')];
  const { clock, swept, bugs, ending, ended } = setup(async () => {
    const failure = failures.shift();
    if (failure) throw failure;
  });
  await clock.advance(2_400_000);
  assert.ok(swept.length >= 3);
  assert.deepEqual(bugs.map(String), ['Error: bug']);
  ending.abort();
  await ended;
});
