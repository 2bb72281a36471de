import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createVirtualClock } from '../effects/testing/virtual-clock.ts';
import { createKeptLog } from '../testing/kept-log.ts';
import { createBroadcast } from './cluster/broadcast.ts';
import { createOwnSlices } from './cluster/own-slices.ts';
import { leave } from './leave.ts';

function setup(...naming: readonly string[]) {
  const clock = createVirtualClock();
  const ownSlices = createOwnSlices({ broadcast: createBroadcast((error) => assert.fail(String(error))) });
  for (const key of naming) ownSlices.takeSlice(key, true);
  const closes: { readonly atMs: number; readonly graceMs: number }[] = [];
  const resolver = {
    close: async (graceMs: number) => {
      closes.push({ atMs: clock.monotonicMs(), graceMs });
    },
  };
  const { log, lines } = createKeptLog();
  const leaving = leave({ ownSlices, resolver, clock, log }, 115_000);
  return { clock, ownSlices, closes, leaving, lines };
}

test('serves on while a slice names this pod, and a while after the last one has let go', async () => {
  const { clock, ownSlices, closes, leaving } = setup('shop/a', 'shop/b');
  await clock.advance(20_000);
  ownSlices.takeSlice('shop/a', false);
  await clock.advance(20_000);
  assert.deepEqual(closes, []);
  ownSlices.takeSlice('shop/b', undefined);
  await clock.advance(2999);
  assert.deepEqual(closes, []);
  await clock.advance(1);
  await leaving;
  assert.deepEqual(closes, [{ atMs: 43_000, graceMs: 72_000 }]);
});

test('a slice that names this pod once more meanwhile is waited for, too', async () => {
  const { clock, ownSlices, closes, leaving } = setup();
  await clock.advance(2000);
  ownSlices.takeSlice('shop/late', true);
  await clock.advance(10_000);
  assert.deepEqual(closes, []);
  ownSlices.takeSlice('shop/late', undefined);
  await clock.advance(3000);
  await leaving;
  assert.deepEqual(closes, [{ atMs: 15_000, graceMs: 100_000 }]);
});

test('where the slices stay, half of the time is left to the connections', async () => {
  const { clock, closes, leaving, lines } = setup('shop/a');
  await clock.advance(57_499);
  assert.deepEqual(closes, []);
  await clock.advance(1);
  await leaving;
  assert.deepEqual(closes, [{ atMs: 57_500, graceMs: 57_500 }]);
  assert.deepEqual(
    lines.map(({ level }) => level),
    ['warn'],
  );
});
