import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBudget, type Share } from './budget.ts';
import { DEFAULT_LIMITS } from './limits.ts';

const newShare = (): Share => ({ waiting: 0, keptBytes: 0 });

test('one service alone gets half, the next half of the rest, and so on', () => {
  const budget = createBudget({ ...DEFAULT_LIMITS, maxHeldConnections: 1000 });
  const counts = [1, 2, 3, 4].map(() => {
    const share = newShare();
    while (budget.takesConnection(share, 10_000)) budget.add(share, 1, 0);
    return share.waiting;
  });
  assert.deepEqual(counts, [500, 250, 125, 63]);
  assert.equal(budget.waiting(), 938);
});

test('a service gets no more than its own limit, and what it gives back counts again', () => {
  const budget = createBudget({ ...DEFAULT_LIMITS, maxHeldConnections: 1000 });
  const share = newShare();
  for (let n = 0; n < 3; n++) budget.add(share, 1, 0);
  assert.ok(!budget.takesConnection(share, 3));
  budget.add(share, -1, 0);
  assert.ok(budget.takesConnection(share, 3));
});

test('a share that is set bounds one service alone, its connections and its bytes', () => {
  const budget = createBudget({ ...DEFAULT_LIMITS, maxHeldConnections: 1000, maxHeldBytes: 1000, serviceShare: 0.1 });
  const share = newShare();
  while (budget.takesConnection(share, 10_000)) budget.add(share, 1, 0);
  assert.equal(share.waiting, 100);
  assert.equal(budget.limitOf(10_000), 100);
  assert.equal(budget.limitOf(7), 7);
  budget.add(share, 0, 100);
  assert.ok(budget.takesBytes(share));
  budget.add(share, 0, 1);
  assert.ok(!budget.takesBytes(share));
});

test('bytes are shared out the same way', () => {
  const budget = createBudget({ ...DEFAULT_LIMITS, maxHeldBytes: 1000 });
  const [one, other] = [newShare(), newShare()];
  budget.add(one, 1, 500);
  assert.ok(budget.takesBytes(one));
  budget.add(one, 1, 1);
  assert.ok(!budget.takesBytes(one));
  budget.add(other, 1, 240);
  assert.ok(budget.takesBytes(other));
});
