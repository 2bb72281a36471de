import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAge, formatMoment, formatSeconds } from './words.ts';

test('lengths of time have their two largest units', () => {
  const lengths = [0, 59.4, 60, 61, 3599, 3600, 3660, 86_399, 86_400, 90_000, 30 * 86_400];
  assert.deepEqual(lengths.map(formatSeconds), [
    '0s',
    '59s',
    '1m',
    '1m1s',
    '59m59s',
    '1h',
    '1h1m',
    '23h59m',
    '1d',
    '1d1h',
    '30d',
  ]);
});

test('moments say how far away they are, and nonsense stays what it is', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  assert.equal(formatMoment('2026-03-01T12:05:00.000Z', now), '2026-03-01 12:05:00Z (in 5m)');
  assert.equal(formatMoment('2026-03-01T13:00:00+02:00', now), '2026-03-01 11:00:00Z (1h ago)');
  assert.equal(formatMoment('soon', now), 'soon');
  assert.equal(formatAge('soon', now), '-');
  assert.equal(formatAge(undefined, now), '-');
});
