import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSearches } from './searches.ts';

const cases: readonly (readonly [pattern: string, takes: readonly string[], refuses: readonly string[]])[] = [
  ['', ['', 'a'], []],
  ['health', ['/healthz', 'health'], ['/live']],
  ['^/health(z|/.*)?$', ['/health', '/healthz', '/health/db'], ['/healthzz', 'x/health']],
  ['(?i)^kube-PROBE/', ['Kube-Probe/1.33'], ['curl/8']],
  ['^(?i:a)b$', ['Ab', 'ab'], ['aB']],
  ['(?m)^b$', ['a\nb'], ['ab']],
  ['^b$', ['b'], ['a\nb', 'b\n']],
  ['^a.b$', ['axb'], ['a\nb']],
  ['^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$', ['0b170cc5-aaaa-bbbb-cccc-123456789abc'], ['0b170cc5']],
  ['^a{,2}$', ['a{,2}'], ['aa']],
  ['^[[:alpha:]]\\pN$', ['x1'], ['11']],
  ['^(?P<name>a)\\Q.\\E\\z$', ['a.'], ['ab']],
];

for (const [pattern, takes, refuses] of cases) {
  test(`${pattern || '(empty)'} finds what Go finds`, () => {
    const find = createSearches()(pattern);
    for (const text of takes) assert.equal(find(text), true, text);
    for (const text of refuses) assert.equal(find(text), false, text);
  });
}

for (const pattern of ['(', '[a', '*a', 'a**', '(?=a)', '(?<=a)', '(a)\\1', '\\', 'a{2,1}', 'a{1001}', '\\y']) {
  test(`${pattern} is refused, as Go refuses it`, () => {
    assert.throws(() => createSearches()(pattern), SyntaxError);
  });
}

// JavaScript's own would take longer than the world has been there.
test('an expression that keeps a backtracking search busy for ages is answered', () => {
  assert.equal(createSearches()('^(a+)+[!?]$')(`${'a'.repeat(8000)}.`), false);
  assert.equal(createSearches()('(a|a|a)*(a|a)*[bc]$')('a'.repeat(8000)), false);
});

test('an expression that would grow large is refused before it does, and spoils nothing for the others', () => {
  const makeSearch = createSearches();
  assert.throws(() => makeSearch(`(${'a?'.repeat(500)}){1000}`), SyntaxError);
  assert.throws(() => makeSearch('a{1000}'.repeat(100)), SyntaxError);
  assert.equal(makeSearch('a')('a'), true);
});

test('all expressions of one ElastiService share what they may take', () => {
  const makeSearch = createSearches();
  for (let n = 0; n < 3; n++) assert.equal(makeSearch('^[ab]{600}$')('a'.repeat(600)), true);
  assert.throws(() => makeSearch('^[ab]{600}$'), SyntaxError);
  assert.throws(() => makeSearch('a'), SyntaxError);
  assert.equal(createSearches()('a')('a'), true);
});

test('those that cannot be read count, too', () => {
  const makeSearch = createSearches();
  assert.throws(() => makeSearch(`${'a'.repeat(2000)}(`), /no regular expression/);
  assert.throws(() => makeSearch('a'), /too large/);
});
