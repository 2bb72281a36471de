import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRetryAfterMs } from './retry-after.ts';

const now = new Date('2026-11-23T10:00:00.400Z');

test('whole seconds', () => {
  assert.equal(parseRetryAfterMs('3', now), 3000);
});

test('an HTTP date counts up to the next whole second', () => {
  assert.equal(parseRetryAfterMs('Mon, 23 Nov 2026 10:00:02 GMT', now), 2000);
});

test('a date that has passed is no wait', () => {
  assert.equal(parseRetryAfterMs('Mon, 23 Nov 2026 09:00:00 GMT', now), 0);
});

for (const header of [undefined, '', '0', '-1', '0.5', '2.5', 'soon', '2026-11-23T10:00:09Z']) {
  test(`${JSON.stringify(header)} means at once`, () => {
    assert.equal(parseRetryAfterMs(header, now), 0);
  });
}
