import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBudget } from './budget.ts';
import { noEvents } from './events.ts';
import { Ledger } from './ledger.ts';
import { DEFAULT_LIMITS, MAX_REFUSING } from './limits.ts';
import { Service } from './service.ts';
import { makeRoute } from './testing/models.ts';

test('those that one service has beyond its share, to be told so, leave room for the others', () => {
  const limits = { ...DEFAULT_LIMITS, maxHeldConnections: 10_000, serviceShare: 0.1 };
  const budget = createBudget(limits);
  const newLedger = (name: string) => {
    const deps = { sendWake: async () => {}, clock: { monotonicMs: () => 0 }, random: { next: () => 0 } };
    const service = new Service(makeRoute(name, 10_240), { ...deps, events: noEvents });
    return new Ledger({ service, budget, limits });
  };
  const greedy = newLedger('greedy');
  const admitted = { within: 0, beyond: 0 };
  // It asks for more than there is.
  for (let admission = greedy.admit(100_000); admission; admission = greedy.admit(100_000)) admitted[admission]++;
  assert.deepEqual(admitted, { within: 1000, beyond: MAX_REFUSING });
  assert.equal(newLedger('other').admit(100_000), 'within');
});
