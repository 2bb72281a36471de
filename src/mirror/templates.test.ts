import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTemplates } from './templates.ts';

const LONG = 'x'.repeat(300);
const word = fc.constantFrom(
  '',
  'web',
  'shop',
  `${LONG}a`,
  `${LONG}b`,
  'ü',
  '€😀',
  '\n',
  '\u0000',
  ' !',
  '"',
  '\\"',
  ':',
  'a:',
);
const leaf = fc.oneof(
  word,
  fc.string({ unit: 'binary' }),
  fc.double(),
  fc.integer(),
  fc.constantFrom(true, null, -0, 1e21),
);
const ofOneShape = fc
  .tuple(leaf, leaf, leaf)
  .map(([a, b, c]) => JSON.stringify({ a, list: [b, { b }, a], '"k"': c, ü: c }));
const manyLeaves = fc
  .array(fc.constantFrom(0, 1, 'a'), { minLength: 500, maxLength: 500 })
  .map((all) => JSON.stringify(all));
const fewDiffer = fc
  .nat({ max: 499 })
  .map((at) => JSON.stringify(Array.from({ length: 500 }, (_, i) => (i === at ? 1 : 0))));
const noJson = fc
  .array(fc.constantFrom('"', '\\', '\n', '\r', ':', ',', '-', '1', 'a', ' ', 'ü'))
  .map((all) => all.join(''));
const text = fc.oneof(
  ofOneShape,
  manyLeaves,
  fewDiffer,
  noJson,
  fc.string({ unit: 'binary' }),
  fc.json({ stringUnit: 'binary' }),
  fc.jsonValue().map((value) => JSON.stringify(value, null, 2)),
);

test('what was packed comes back as it was, whatever it is', () => {
  fc.assert(
    fc.property(fc.array(text, { maxLength: 20 }), fc.constantFrom(10, 100, 3000), (texts, maxSize) => {
      const templates = createTemplates(maxSize);
      const packed = texts.map(templates.pack);
      assert.deepEqual(packed.map(templates.unpack), texts);
      assert.ok(templates.size() <= maxSize);
    }),
    { numRuns: 1000 },
  );
});

test('there are never more templates than may be, and what comes later is kept as it is', () => {
  const templates = createTemplates(30);
  const make = (key: string, value: number) => JSON.stringify({ [key]: value });
  const isPacked = (text: string) => templates.pack(text).length < text.length;
  for (const key of ['first', 'second', 'third', 'fourth']) templates.pack(make(key, 1000));
  assert.ok(templates.size() <= 30);
  assert.deepEqual(
    ['first', 'second', 'third', 'fourth'].map((key) => isPacked(make(key, 1001))),
    [true, true, false, false],
  );
  assert.equal(templates.unpack(templates.pack(make('fourth', 1002))), make('fourth', 1002));
  assert.equal(isPacked(JSON.stringify({ long: LONG })), false);
});

test('thousands of shapes are told apart', () => {
  const templates = createTemplates();
  const texts = Array.from({ length: 3000 }, (_, i) => JSON.stringify({ [`key-${i}`]: 'value' }));
  const packed = texts.map(templates.pack);
  assert.deepEqual(packed.map(templates.unpack), texts);
  assert.ok(packed.every((text) => text.length === 2));
});

test('whatever a value is, the shape is the same', () => {
  const { pack, size } = createTemplates();
  pack('{"ready":true}');
  const before = size();
  for (const value of ['false', 'null', '-1.5e-7', '"yes"', '""', '"a \\"b\\": {1}"']) pack(`{"ready":${value}}`);
  assert.equal(size(), before);
});

test('of a text like the first only that is kept which is new in it, and once', () => {
  const templates = createTemplates();
  const make = (name: string, time: string) =>
    JSON.stringify({ name, app: { app: name }, since: [time, time], message: `all of ${name} is well`, ready: true });
  const [first, other] = [make('web', '2026-03-01T11:00:00.000Z'), make('name-of-another', '2026-03-01T12:34:00.000Z')];
  templates.pack(first);
  assert.equal(templates.pack(first).length, 2);
  const packed = templates.pack(other);
  assert.ok(packed.length < 77, packed);
  assert.doesNotMatch(packed, /2026|all of|well|:00/);
});

test('what is kept takes a byte for each character where the text does', () => {
  const { pack } = createTemplates();
  const texts = [
    ...[0, 1].map((last) => JSON.stringify([...Array(500).fill(0), last])),
    ...['a', 'b'].map((name) => JSON.stringify({ name: `${LONG}${name}${LONG}` })),
    ...[0, 1].map((by) => JSON.stringify({ all: Array.from({ length: 500 }, (_, i) => `${i % 250}${by}`) })),
  ];
  for (const packed of texts.map(pack)) assert.ok([...packed].every((character) => character <= '\u00ff'));
});
