import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
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
  ['a controller that is no object', { controller: 1, parent: { d: 3 } }],
  ['nothing but a controller', { controller: { spec: {} } }],
] as const) {
  test(`${name}: the body is parsed whole`, () => {
    assert.deepEqual(parse(JSON.stringify(body)), body);
  });
}

for (const [name, controller] of [
  ['a "parent"', { a: { b: 1, parent: { c: [2] } } }],
  ['a "parent" in a text', { note: '{,"parent":{"' }],
  ['braces and quotes in texts', { note: '}"]\\', '{"': ['\\"}', '\\\\'] }],
  ['nothing', {}],
] as const) {
  test(`a controller with ${name} ends where it ends`, () => {
    assert.deepEqual(parse(JSON.stringify({ controller, parent: { d: 3 } })), { parent: { d: 3 } });
  });
}

test('managedFields are left out wherever they stand, and nothing else', () => {
  const fields = [{ fieldsV1: { 'f:a': {}, 'k:{"a":"]}"}': { '.': {} }, 'v:"[\\\\"': {} }, manager: ']},"name":"x' }];
  const objectOf = (managed: object) => ({
    metadata: { labels: { a: 'b' }, ...managed, name: 'ünïcode' },
    spec: [1, {}],
  });
  const bodyOf = (managed: object) => ({
    parent: objectOf(managed),
    children: { 'Service.v1': { 'a/b': objectOf(managed), 'a/c': objectOf({}), 'a/d': objectOf(managed) } },
  });
  const body = JSON.stringify({
    controller: objectOf({ managedFields: fields }),
    ...bodyOf({ managedFields: fields }),
  });
  assert.deepEqual(parse(body), bodyOf({}));
  assert.deepEqual(parse(body.replaceAll(/"managedFields":.*?"}],/g, '"managedFields":[],')), bodyOf({}));
});

test('a text that looks like managedFields is a text', () => {
  const body = { parent: { note: 'a,"managedFields":[{"b":1}],"c', ',"managedFields":[': ',"managedFields":[' } };
  assert.deepEqual(parse(JSON.stringify(body)), body);
});

test('any body is read as JSON reads it, but for controller and managedFields', () => {
  const value = fc.jsonValue({ maxDepth: 4 });
  const managed = fc.record({ a: value, managedFields: fc.array(value), z: value }, { requiredKeys: ['a'] });
  const object = fc.dictionary(fc.string(), fc.oneof(value, managed), { maxKeys: 5 });
  fc.assert(
    fc.property(fc.dictionary(fc.string(), value), object, object, (controller, parent, children) => {
      const text = JSON.stringify({ controller, parent, children });
      const expected = JSON.parse(text, (key, inner) => (key === 'managedFields' ? undefined : inner));
      delete expected.controller;
      assert.deepEqual(parse(text), expected);
    }),
  );
});

for (const text of [
  '',
  '{',
  '{"controller":{},"parent":{"a":1}',
  '{"controller":{"x":1},"parent":{"a":}}',
  'null}',
  '{"controller":{"x":1',
  '{"parent":{"a":1,"managedFields":[{"b":[1]}',
  '{"parent":{"a":1,"managedFields":["b]}}',
]) {
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
