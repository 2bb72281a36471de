import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createLinearRegExp } from './linear-regexp.ts';

const cases: readonly (readonly [pattern: string, takes: readonly string[], refuses: readonly string[]])[] = [
  ['', ['', 'a'], []],
  ['health', ['/healthz', 'health'], ['/live']],
  ['^/health(z|/.*)?$', ['/health', '/healthz', '/health/db'], ['/healthzz', 'x/health']],
  ['^a{2,3}$', ['aa', 'aaa'], ['a', 'aaaa']],
  ['^a{2}$', ['aa'], ['a', 'aaa']],
  ['^a{2,}$', ['aa', 'aaaaa'], ['a']],
  ['^(ab){0,2}$', ['', 'ab', 'abab'], ['ababab', 'aba']],
  ['^a{,2}$', ['a{,2}'], ['aa']],
  ['^[a-c-]+$', ['a-c'], ['d']],
  ['^[]a]$', [']', 'a'], ['b']],
  ['^[^/]+$', ['web'], ['a/b']],
  ['^[[:alpha:][:^digit:]]$', ['x', '/'], ['1']],
  ['^[\\d\\-x]+$', ['1-x'], ['y']],
  ['^\\Qa.b\\E$', ['a.b'], ['axb']],
  ['(?i)^kube-PROBE/', ['Kube-Probe/1.33'], ['curl/8']],
  ['^(?i:a)b$', ['Ab', 'ab'], ['aB']],
  ['(?i)^[^a]$', ['b'], ['a', 'A']],
  ['(?m)^b$', ['a\nb'], ['ab']],
  ['^a.b$', ['axb'], ['a\nb']],
  ['(?s)^a.b$', ['a\nb'], []],
  ['\\bok\\b', ['is ok.'], ['book']],
  ['\\Bok', ['book'], ['ok']],
  ['\\Aa\\z', ['a'], ['a\n']],
  ['^\\x41\\x{1F600}\\101$', ['A😀A'], ['A']],
  ['^\\p{L}\\pN\\P{Lu}$', ['é1x'], ['é1X']],
  ['^(?P<name>a)(?<other>b)$', ['ab'], ['a']],
  ['(a*)*b', ['aaab'], ['aaa']],
  ['^(|a)+$', ['', 'aa'], ['b']],
  ['a+?b??c', ['aac', 'abc'], ['bc']],
];

for (const [pattern, takes, refuses] of cases) {
  test(`${pattern || '(empty)'} finds what Go finds`, () => {
    const find = createLinearRegExp(pattern);
    for (const text of takes) assert.equal(find(text), true, text);
    for (const text of refuses) assert.equal(find(text), false, text);
  });
}

for (const pattern of [
  '(',
  ')',
  '[a',
  'a**',
  '*a',
  '(?=a)',
  '(a)\\1',
  '\\',
  'a{2,1}',
  'a{1001}',
  '[b-a]',
  '\\y',
  '(?<a',
]) {
  test(`${pattern} is refused, as Go refuses it`, () => {
    assert.throws(() => createLinearRegExp(pattern), SyntaxError);
  });
}

test('nested repeats that would grow without bound are refused', () => {
  assert.throws(() => createLinearRegExp('((a{100}){100}){100}'), SyntaxError);
});

test('an expression that keeps a backtracking search busy for ages is answered', () => {
  assert.equal(createLinearRegExp('^(a+)+$')(`${'a'.repeat(2000)}!`), false);
  assert.equal(createLinearRegExp('(a|a|a)*(a|a)*b$')('a'.repeat(2000)), false);
});

test('what JavaScript and RE2 both know, both find alike', () => {
  const piece = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '(a|b)', '(?:ab)', '^', '$', '\\b', '\\w', '(a|)');
  const part = fc.tuple(piece, fc.constantFrom('', '', '*', '+', '?', '{2}', '{1,2}', '{0,1}'));
  const isRepeatable = ([what, often]: [string, string]) => often === '' || !/^(\^|\$|\\b)$/.test(what);
  const pattern = fc.array(part.filter(isRepeatable), { maxLength: 5 }).map((parts) => parts.flat().join(''));
  fc.assert(
    fc.property(pattern, fc.string({ unit: fc.constantFrom('a', 'b', 'c', '-'), maxLength: 8 }), (source, text) => {
      assert.equal(createLinearRegExp(source)(text), new RegExp(source).test(text));
    }),
    { numRuns: 1000 },
  );
});
