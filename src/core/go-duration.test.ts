import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseGoDuration } from './go-duration.ts';

it('reads every unit and their sums', () => {
  const seconds = {
    '24h': 86_400,
    '1h30m': 5400,
    '90m': 5400,
    '0.5h': 1800,
    '.5m': 30,
    '1.s': 1,
    '30s': 30,
    '1500ms': 1.5,
    '0s': 0,
    '0': 0,
  };
  for (const [text, expected] of Object.entries(seconds)) assert.equal(parseGoDuration(text), expected, text);
  for (const micro of ['us', '\u00b5s', '\u03bcs']) assert.equal(parseGoDuration(`2000000${micro}`), 2);
});

it('reads nothing else', () => {
  for (const text of ['', '8', '8 h', 'h', '1h-30m', '-1h', '+1h', '1d', '1h ', ' 1h', '.h', '1hx', '2562048h']) {
    assert.equal(parseGoDuration(text), undefined, text);
  }
});
