import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError, InvalidRequestError, KubeApiError, UnknownServiceError } from '../errors.ts';
import { createReport } from './report.ts';

function setup() {
  let elapsedMs = 0;
  const captured: { error: unknown; tags: object }[] = [];
  const report = createReport({
    capture: (error, tags) => captured.push({ error, tags }),
    clock: { monotonicMs: () => elapsedMs },
  });
  const advance = (ms: number) => {
    elapsedMs += ms;
  };
  return { report, captured, advance };
}

test('a bug is reported with where it came up', () => {
  const { report, captured } = setup();
  const error = new TypeError('x is undefined');
  report(error, { where: '/sync', namespace: 'shop', name: 'web' });
  report('text', { where: '/sync' });
  assert.deepEqual(captured, [
    { error, tags: { where: '/sync', code: 'TypeError', namespace: 'shop', name: 'web' } },
    { error: 'text', tags: { where: '/sync', code: 'NotAnError' } },
  ]);
});

test('a failure of the API server is reported', () => {
  const { report, captured } = setup();
  report(new KubeApiError('FORBIDDEN', 'cannot patch x'), { where: 'carry out' });
  assert.deepEqual(captured[0]?.tags, { where: 'carry out', code: 'FORBIDDEN' });
});

test('expected conditions are not reported', () => {
  const { report, captured } = setup();
  for (const error of [
    new KubeApiError('NOT_FOUND', 'x'),
    new KubeApiError('CONFLICT', 'x'),
    new InvalidRequestError('x'),
    new UnknownServiceError('x'),
    new ConfigError('x'),
  ]) {
    report(error, { where: '/sync' });
  }
  assert.deepEqual(captured, []);
});

test('one code at one place is reported once a minute', () => {
  const { report, captured, advance } = setup();
  const timeout = new KubeApiError('TIMEOUT', 'cannot get x');
  report(timeout, { where: 'a', name: 'one' });
  report(timeout, { where: 'a', name: 'two' });
  advance(59_999);
  report(timeout, { where: 'a' });
  assert.equal(captured.length, 1);
  report(timeout, { where: 'b' });
  report(new KubeApiError('UNAVAILABLE', 'cannot get x'), { where: 'a' });
  assert.equal(captured.length, 3);
  advance(1);
  report(timeout, { where: 'a' });
  assert.equal(captured.length, 4);
});
