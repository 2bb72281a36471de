import assert from 'node:assert/strict';
import { test } from 'node:test';
import { durations, failedProbes, losses } from './figures.ts';
import { formatFigures } from './table.ts';

test('durations tell the middle, the worst and how often nothing came', () => {
  assert.equal(durations([10, 30, 20]), 'p50 20 ms, max 30 ms (n=3)');
  assert.equal(durations([1500, undefined], 's'), 'p50 1.5 s, max 1.5 s, never in 1 (n=2)');
  assert.equal(durations([undefined]), 'never in 1 (n=1)');
});

test('losses tell how each came about', () => {
  const answered = { beganAtMs: 0, endedAtMs: 1, lost: undefined };
  const lost = (text: string) => ({ ...answered, lost: text });
  assert.equal(losses([answered]), '0 lost of 1');
  assert.equal(losses([answered, lost('408'), lost('502'), lost('408')]), '3 lost of 4 (408 x2, 502 x1)');
});

test('only what failed after a moment counts', () => {
  const probes = [
    { beganAtMs: 90, isConnected: false },
    { beganAtMs: 120, isConnected: false },
    { beganAtMs: 1100, isConnected: false },
    { beganAtMs: 1200, isConnected: true },
  ];
  assert.equal(failedProbes(probes, 100), '2, last at 1.00 s');
  assert.equal(failedProbes(probes, 1150), '0');
});

test('a system that was not measured has no column', () => {
  const ours = [{ what: 'wake', result: '5 ms' }];
  assert.equal(formatFigures(ours, []), '|  | Elasti |\n| --- | --- |\n| wake | 5 ms |');
  const both = formatFigures(ours, [{ what: 'wake', result: '9 ms' }]);
  assert.equal(both.split('\n')[2], '| wake | 5 ms | 9 ms |');
});
