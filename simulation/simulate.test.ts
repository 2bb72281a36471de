import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALL_FAULTS as ALL, type FaultName } from './faults.ts';
import { CAUSES } from './ledger.ts';
import { simulate } from './simulate.ts';

const MINUTES = 6;

test('without faults services fall asleep and wake, and no request is lost', async () => {
  const { cycles, violations, sent, served } = await simulate({ seed: 1, minutes: MINUTES, faults: [], services: 3 });
  assert.deepEqual(violations, []);
  assert.ok(cycles > 10, `${cycles} cycles`);
  assert.ok(served > 0.9 * sent);
});

for (const seed of [1, 2, 3, 37, 201]) {
  test(`with every fault no invariant is broken and no request lost that is ours: seed ${seed}`, async () => {
    const { violations, losses } = await simulate({ seed, minutes: MINUTES, faults: ALL, services: 3 });
    assert.deepEqual(
      violations.map(({ name, detail }) => `${name}: ${detail}`),
      [],
    );
    for (const cause of losses.keys()) assert.equal(CAUSES[cause].isOurs, false, cause);
  });
}

for (const seed of [401, 402, 403, 404, 405, 406, 407, 408]) {
  test(`with the faults that a seed draws all of that holds too: seed ${seed}`, async () => {
    const { violations } = await simulate({ seed, minutes: MINUTES, faults: ALL, isDrawn: true, services: 3 });
    assert.deepEqual(
      violations.map(({ name, detail }) => `${name}: ${detail}`),
      [],
    );
  });
}

const SETTINGS: readonly (readonly FaultName[])[] = [
  ['sharedTargets', 'routedByPort'],
  ['rivals', 'deletions'],
  ['enabledPeriods', 'people'],
  ['dualStack', 'familyGone', 'resolverRolls'],
  ['routedByPort', 'slowListeners', 'resolverMute', 'serviceEdits'],
];
for (const faults of SETTINGS) {
  test(`and in other settings: ${faults.join(', ')}`, async () => {
    const { violations } = await simulate({ seed: 7, minutes: MINUTES, faults, services: 3 });
    assert.deepEqual(
      violations.map(({ name, detail }) => `${name}: ${detail}`),
      [],
    );
  });
}

test('a seed is replayed line for line', async () => {
  const run = () => simulate({ seed: 7, minutes: MINUTES, faults: ALL, services: 3, isRecording: true });
  const [first, second] = [await run(), await run()];
  const linesOf = ({ timeline }: typeof first) => timeline.linesUpTo(Number.POSITIVE_INFINITY, undefined, 1e6);
  assert.ok(linesOf(first).length > 100);
  assert.deepEqual(linesOf(second), linesOf(first));
  assert.deepEqual([second.sent, second.served, second.cycles], [first.sent, first.served, first.cycles]);
});
