import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBroadcast } from './broadcast.ts';
import { createOwnSlices, makeNamesUs } from './own-slices.ts';
import { makeResolverSlice } from './testing/fixtures.ts';

const setup = () => createOwnSlices({ broadcast: createBroadcast((error) => assert.fail(String(error))) });

test('a slice names us by any of our addresses, ready or not', () => {
  const namesUs = makeNamesUs(['10.1.0.5', 'fd00::5']);
  assert.equal(namesUs.parse(makeResolverSlice('a', '10.1.0.4', '10.1.0.5')), true);
  assert.equal(namesUs.parse(makeResolverSlice('a', 'fd00::5')), true);
  assert.equal(namesUs.parse(makeResolverSlice('a', '10.1.0.4', '10.1.0.55')), false);
  const unready = { addresses: ['10.1.0.5'], conditions: { ready: false } };
  assert.equal(namesUs.parse({ ...makeResolverSlice('a'), endpoints: [unready] }), true);
  assert.equal(namesUs.parse({ ...makeResolverSlice('a'), endpoints: null }), false);
});

test('resolves at once where no slice names us', async () => {
  const ownSlices = setup();
  ownSlices.takeSlice('shop/a', false);
  await ownSlices.whenNone(AbortSignal.abort());
});

test('resolves when the last slice has changed or gone, and not before', async () => {
  const ownSlices = setup();
  for (const key of ['shop/a', 'shop/b', 'shop/c']) ownSlices.takeSlice(key, true);
  let isNone = false;
  const none = ownSlices.whenNone(new AbortController().signal).then(() => {
    isNone = true;
  });
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  ownSlices.takeSlice('shop/a', false);
  ownSlices.takeSlice('shop/b', undefined);
  await settle();
  assert.equal(isNone, false);
  assert.equal(ownSlices.count(), 1);
  ownSlices.takeSlice('shop/c', undefined);
  await none;
});

test('rejects when it has waited long enough', async () => {
  const ownSlices = setup();
  ownSlices.takeSlice('shop/a', true);
  const bound = new AbortController();
  const none = ownSlices.whenNone(bound.signal);
  bound.abort(new Error('too long'));
  await assert.rejects(none, /too long/);
});
