import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBearerCheck } from './bearer.ts';
import { Refusal } from './refusal.ts';

const refused = (error: unknown) =>
  error instanceof Refusal && error.status === 401 && error.code === 'UNAUTHENTICATED';

test('no tokens let everybody in', () => {
  const check = createBearerCheck(() => []);
  check(undefined);
  check('Bearer whatever');
});

test('each of the tokens lets in', () => {
  const check = createBearerCheck(() => ['first', 'second']);
  check('Bearer first');
  check('Bearer second');
  check('bearer  second ');
});

for (const header of [
  undefined,
  '',
  'Bearer',
  'Bearer ',
  'Bearer firs',
  'Bearer firstt',
  'Bearer FIRST',
  'Bearer first second',
  'first',
  'Basic first',
  'Token first',
  ' Bearer first',
]) {
  test(`${JSON.stringify(header)} is refused`, () => {
    assert.throws(() => createBearerCheck(() => ['first', 'second'])(header), refused);
  });
}

test('an empty token lets nobody in', () => {
  const check = createBearerCheck(() => ['']);
  assert.throws(() => check('Bearer '), refused);
  assert.throws(() => check(undefined), refused);
});

test('a rotated token counts with the next request', () => {
  let tokens = ['old'];
  const check = createBearerCheck(() => tokens);
  check('Bearer old');
  tokens = ['old', 'new'];
  check('Bearer old');
  check('Bearer new');
  tokens = ['new'];
  check('Bearer new');
  assert.throws(() => check('Bearer old'), refused);
});

test('the refusal does not name a token', () => {
  const check = createBearerCheck(() => ['hush']);
  assert.throws(
    () => check('Bearer guess'),
    (error: Error) => !/hush|guess/.test(`${error.message} ${JSON.stringify(error)}`),
  );
});
