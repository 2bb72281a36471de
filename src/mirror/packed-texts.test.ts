import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createPackedTexts } from './packed-texts.ts';

const textOf = (i: number) =>
  JSON.stringify({ metadata: { name: `service-${i}`, namespace: 'shop', uid: `uid-${i}` }, text: 'x'.repeat(500) });

test('whatever is packed comes back, before and after the first texts are known', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.nat().map(textOf)), { minLength: 60 }),
      (texts) => {
        const { pack, unpack } = createPackedTexts();
        const packed = texts.map(pack);
        assert.deepEqual(packed.map(unpack), texts);
      },
    ),
    { numRuns: 30 },
  );
});

test('a large one that cannot be made smaller comes back too', () => {
  const { pack, unpack } = createPackedTexts();
  const text = Buffer.from(crypto.getRandomValues(new Uint8Array(60_000))).toString('latin1');
  for (let i = 0; i < 30; i++) pack(textOf(i));
  assert.equal(unpack(pack(text)), text);
});

test('once the first are known, a text like them takes little, and the same is the same', () => {
  const { pack } = createPackedTexts();
  for (let i = 0; i < 30; i++) pack(textOf(i));
  assert.ok(pack(textOf(31)).length < 60, String(pack(textOf(31)).length));
  assert.equal(pack(textOf(31)), pack(textOf(31)));
  assert.notEqual(pack(textOf(31)), pack(textOf(32)));
});
