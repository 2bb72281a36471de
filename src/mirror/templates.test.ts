import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTemplates, unpack } from './templates.ts';

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
      assert.deepEqual(packed.map(unpack), texts);
      assert.ok(templates.size() <= maxSize);
    }),
    { numRuns: 1000 },
  );
});

test('there are never more templates than may be, but all that may be', () => {
  const templates = createTemplates(30);
  const pack = (i: number) => templates.pack(`{"key-${i}":${i}}`).template;
  const before = [pack(0), pack(1)];
  assert.ok([pack(0), pack(1)].every((template, i) => template === before[i]));
  for (let i = 0; i < 100; i++) {
    pack(i);
    assert.ok(templates.size() <= 30);
  }
  assert.notEqual(pack(0), before[0]);
  assert.equal(templates.pack(`{"long":"${LONG}"}`).template, undefined);
});

test('whatever a value is, the shape is the same', () => {
  const { pack } = createTemplates();
  const { template } = pack('{"ready":true}');
  for (const value of ['false', 'null', '-1.5e-7', '"yes"', '""', '"a \\"b\\": {1}"'])
    assert.equal(pack(`{"ready":${value}}`).template, template);
});

test('of a text like the first only that is kept which is new in it, and once', () => {
  const templates = createTemplates();
  const make = (name: string, time: string) =>
    JSON.stringify({ name, app: { app: name }, since: [time, time], message: `all of ${name} is well`, ready: true });
  const [first, other] = [make('web', '2026-03-01T11:00:00.000Z'), make('name-of-another', '2026-03-01T12:34:00.000Z')];
  templates.pack(first);
  assert.equal(templates.pack(first).rest, '');
  const { rest } = templates.pack(other);
  assert.ok(rest.length < 75, rest);
  assert.doesNotMatch(rest, /2026|all of|well|:00/);
});

test('what is kept takes a byte for each character where the text does', () => {
  const { pack } = createTemplates();
  const texts = [
    ...[0, 1].map((last) => JSON.stringify([...Array(500).fill(0), last])),
    ...['a', 'b'].map((name) => JSON.stringify({ name: `${LONG}${name}${LONG}` })),
    ...[0, 1].map((by) => JSON.stringify({ all: Array.from({ length: 500 }, (_, i) => `${i % 250}${by}`) })),
  ];
  for (const { rest } of texts.map(pack)) assert.ok([...rest].every((character) => character <= '\u00ff'));
});
