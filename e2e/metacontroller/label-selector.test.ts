import assert from 'node:assert/strict';
import { test } from 'node:test';
import { matchesSelector, parseSelector } from './label-selector.ts';

const labels = { 'app.kubernetes.io/part-of': 'elasti', tier: 'front' };

const cases: readonly [string, boolean][] = [
  ['', true],
  ['app.kubernetes.io/part-of=elasti', true],
  ['app.kubernetes.io/part-of==elasti', true],
  ['app.kubernetes.io/part-of=other', false],
  ['missing=elasti', false],
  ['tier!=back', true],
  ['tier!=front', false],
  ['tier in (back, front)', true],
  ['tier in (back)', false],
  ['tier notin (back,side)', true],
  ['tier', true],
  ['!tier', false],
  ['!missing', true],
  ['tier in (back,front),app.kubernetes.io/part-of=elasti', true],
  ['tier=front,app.kubernetes.io/part-of=other', false],
];
for (const [text, expected] of cases) {
  test(`${JSON.stringify(text)} ${expected ? 'selects' : 'does not select'}`, () => {
    assert.equal(matchesSelector(parseSelector(text), labels), expected);
  });
}

test('what is no selector is refused', () => {
  assert.throws(() => parseSelector('a b'));
});
