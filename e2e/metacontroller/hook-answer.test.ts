import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NullChildError, parseCustomizeAnswer, parseSyncAnswer } from './hook-answer.ts';

const child = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'private', labels: { a: 'b' } }, spec: {} };

test('a whole answer', () => {
  const body = JSON.stringify({
    status: { mode: 'proxy' },
    children: [child],
    resyncAfterSeconds: 1.5,
    finalized: true,
  });
  assert.deepEqual(parseSyncAnswer(body), {
    status: { mode: 'proxy' },
    children: [child],
    resyncAfterSeconds: 1.5,
    finalized: true,
  });
});

for (const body of ['{}', 'null', '{"children":null}', '{"status":null,"resyncAfterSeconds":null,"finalized":null}']) {
  test(`${body} is an answer without anything`, () => {
    assert.deepEqual(parseSyncAnswer(body), { status: {}, children: [], resyncAfterSeconds: 0, finalized: false });
  });
}

test('80.0 is a number of seconds', () => {
  assert.equal(parseSyncAnswer('{"resyncAfterSeconds":80.0}').resyncAfterSeconds, 80);
});

const wrong = {
  'an unknown field': '{"scalePatches":[]}',
  'a wrong case': '{"Children":[]}',
  'a repeated field': '{"children":[],"children":[]}',
  'a repeated field of the status': '{"status":{"a":1,"b":{"c":1,"c":2}}}',
  'an empty body': '',
  'broken JSON': '{"children":[',
  'an array': '[]',
  'a number as text': '{"resyncAfterSeconds":"1"}',
  'a status that is a list': '{"status":[]}',
  'a child that is text': '{"children":["x"]}',
  'a child without kind': '{"children":[{"apiVersion":"v1","metadata":{"name":"a"}}]}',
  'a null label': '{"children":[{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","labels":{"a":null}}}]}',
  'a number label': '{"children":[{"apiVersion":"v1","kind":"Service","metadata":{"name":"a","labels":{"a":1}}}]}',
};
for (const [name, body] of Object.entries(wrong)) {
  test(`${name} fails the sync`, () => {
    assert.throws(
      () => parseSyncAnswer(body),
      (error) => error instanceof Error && !(error instanceof NullChildError),
    );
  });
}

test('a null child is the one error that ends the process', () => {
  assert.throws(() => parseSyncAnswer('{"children":[null]}'), NullChildError);
});

test('a child may repeat its keys: Metacontroller does not look there', () => {
  const body = '{"children":[{"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"x":1,"x":2}}]}';
  assert.deepEqual(parseSyncAnswer(body).children[0]?.spec, { x: 2 });
});

test('one key in two objects of a list is not a repeated key', () => {
  assert.deepEqual(parseSyncAnswer('{"status":{"conditions":[{"type":"A"},{"type":"B"}]}}').status, {
    conditions: [{ type: 'A' }, { type: 'B' }],
  });
});

test('braces, quotes and commas inside texts are not structure', () => {
  const status = { 'a"b': '{"a":1,"a":2}', c: ',"c":', d: '\\' };
  assert.deepEqual(parseSyncAnswer(JSON.stringify({ status })).status, status);
});

test('the rules of a customize answer', () => {
  const rules = [{ apiVersion: 'v1', resource: 'services', namespace: 'shop', names: ['web'] }];
  assert.deepEqual(parseCustomizeAnswer(JSON.stringify({ relatedResources: rules })), rules);
  assert.deepEqual(parseCustomizeAnswer('{}'), []);
});

test('an unknown field of a rule fails', () => {
  const rules = [{ apiVersion: 'v1', resource: 'services', name: 'web' }];
  assert.throws(() => parseCustomizeAnswer(JSON.stringify({ relatedResources: rules })));
});
