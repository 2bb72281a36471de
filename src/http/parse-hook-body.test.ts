import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InvalidRequestError } from '../errors.ts';
import { parseHookBody } from './parse-hook-body.ts';

const parse = (text: string) => parseHookBody(Buffer.from(text));

test('the controller is left out where a body begins with it, and nothing else', () => {
  const body = { controller: { spec: { resyncPeriodSeconds: 600 } }, parent: { spec: {} }, children: { a: 1 } };
  const { controller: _, ...rest } = body;
  assert.deepEqual(parse(JSON.stringify(body)), rest);
});

for (const [name, body] of [
  ['another field first', { parent: { spec: {} }, controller: { spec: {} } }],
  ['no controller at all', { parent: { spec: {} } }],
  ['no parent', { controller: { spec: {} }, children: {} }],
  ['a "parent" within the controller', { controller: { a: { b: 1, parent: { c: 2 } } }, parent: { d: 3 } }],
  ['a controller that is no object', { controller: 1, parent: { d: 3 } }],
] as const) {
  test(`${name}: the body is parsed whole`, () => {
    assert.deepEqual(parse(JSON.stringify(body)), body);
  });
}

test('a "parent" in a text of the controller is a text', () => {
  const body = { controller: { note: '{,"parent":{"' }, parent: { d: 3 } };
  assert.deepEqual(parse(JSON.stringify(body)), { parent: { d: 3 } });
});

for (const text of ['', '{', '{"controller":{},"parent":{"a":1}', '{"controller":{"x":1},"parent":{"a":}}', 'null}']) {
  test(`${JSON.stringify(text)} is refused`, () => {
    assert.throws(() => parse(text), InvalidRequestError);
  });
}

test('bytes that are no UTF-8 are refused', () => {
  const bytes = Buffer.concat([
    Buffer.from('{"controller":{"a":1},"parent":{"a":"'),
    Buffer.from([0xff]),
    Buffer.from('"}}'),
  ]);
  assert.throws(() => parseHookBody(bytes), InvalidRequestError);
});
