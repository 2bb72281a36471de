import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isExpectedAnswer, makeAnswerError, makeCallError } from './kube-error.ts';

const answer = (status: number, over: object = {}) =>
  makeAnswerError('create Event', status, JSON.stringify({ message: 'no', ...over }));

test('what any busy cluster answers is expected', () => {
  assert.equal(isExpectedAnswer(answer(404)), true);
  assert.equal(isExpectedAnswer(answer(409)), true);
  assert.equal(isExpectedAnswer(answer(403, { details: { causes: [{ reason: 'NamespaceTerminating' }] } })), true);
  assert.equal(isExpectedAnswer(answer(422, { details: { causes: [{ field: 'metadata.uid' }] } })), true);
});

test('a missing permission, a refused value and silence are not', () => {
  assert.equal(isExpectedAnswer(answer(403)), false);
  assert.equal(isExpectedAnswer(answer(422, { details: { causes: [{ field: 'spec.replicas' }] } })), false);
  assert.equal(isExpectedAnswer(answer(500)), false);
  assert.equal(isExpectedAnswer(makeCallError('get scale', 'TIMEOUT', new Error('late'))), false);
});
