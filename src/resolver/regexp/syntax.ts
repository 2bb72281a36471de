/** Whether a code point is one that a place in the expression takes. */
export type CharTest = (codePoint: number) => boolean;

export type Assertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'no-word';

export type Expression =
  | { readonly kind: 'char'; readonly test: CharTest }
  | { readonly kind: 'assertion'; readonly at: Assertion }
  | { readonly kind: 'sequence'; readonly parts: readonly Expression[] }
  | { readonly kind: 'either'; readonly parts: readonly Expression[] }
  | { readonly kind: 'repeat'; readonly part: Expression; readonly min: number; readonly max: number };

const within =
  (...ranges: readonly (readonly [string, string])[]): CharTest =>
  (c) =>
    ranges.some(([low, high]) => c >= (low.codePointAt(0) as number) && c <= (high.codePointAt(0) as number));

const digit = within(['0', '9']);
const upper = within(['A', 'Z']);
const lower = within(['a', 'z']);
const alpha = within(['A', 'Z'], ['a', 'z']);
const space: CharTest = (c) => c === 0x20 || c === 0x09 || c === 0x0a || c === 0x0c || c === 0x0d;
export const word: CharTest = (c) => alpha(c) || digit(c) || c === 0x5f;
export const not =
  (test: CharTest): CharTest =>
  (c) =>
    !test(c);

/** Perl's classes, which RE2 takes as ASCII. */
export const PERL_CLASSES: Readonly<Record<string, CharTest>> = {
  d: digit,
  D: not(digit),
  s: space,
  S: not(space),
  w: word,
  W: not(word),
};

export const POSIX_CLASSES: Readonly<Record<string, CharTest>> = {
  alnum: (c) => alpha(c) || digit(c),
  alpha,
  ascii: (c) => c < 0x80,
  blank: (c) => c === 0x20 || c === 0x09,
  cntrl: (c) => c < 0x20 || c === 0x7f,
  digit,
  graph: within(['!', '~']),
  lower,
  print: within([' ', '~']),
  punct: within(['!', '/'], [':', '@'], ['[', '`'], ['{', '~']),
  space: (c) => space(c) || c === 0x0b,
  upper,
  word,
  xdigit: within(['0', '9'], ['A', 'F'], ['a', 'f']),
};

/** A class by the name of a Unicode property, such as L or Greek. Throws SyntaxError for one that does not exist. */
export function unicodeClass(name: string): CharTest {
  const isCategory = /^(?:[CLMNPSZ][a-z]?)$/.test(name);
  const expression = new RegExp(isCategory ? `^\\p{${name}}$` : `^\\p{Script=${name}}$`, 'u');
  return (c) => expression.test(String.fromCodePoint(c));
}

/** Takes either case of what the test takes. */
export function foldCase(test: CharTest): CharTest {
  return (c) => {
    if (test(c)) return true;
    const char = String.fromCodePoint(c);
    const lowered = char.toLowerCase().codePointAt(0) as number;
    return test(lowered) || test(char.toUpperCase().codePointAt(0) as number);
  };
}
