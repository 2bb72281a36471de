import {
  type Assertion,
  type CharTest,
  type Expression,
  foldCase,
  not,
  PERL_CLASSES,
  POSIX_CLASSES,
  unicodeClass,
} from './syntax.ts';

const CONTROLS: Readonly<Record<string, number>> = { a: 7, f: 12, t: 9, n: 10, r: 13, v: 11 };
const ASSERTIONS: Readonly<Record<string, Assertion>> = { A: 'text-start', z: 'text-end', b: 'word', B: 'no-word' };
/** RE2 takes no more. */
const MAX_REPEAT = 1000;

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
}

/** Parses RE2's syntax, as Go reads it. Throws SyntaxError for what RE2 refuses, such as look-aheads and back-references. */
export function parseRegExp(pattern: string): Expression {
  const chars = [...pattern];
  let at = 0;
  let flags: Flags = { i: false, m: false, s: false };

  const fail = (): never => {
    throw new SyntaxError(`no regular expression: ${pattern}`);
  };
  const eat = (text: string): boolean => {
    if (
      !chars
        .slice(at, at + text.length)
        .join('')
        .startsWith(text)
    )
      return false;
    at += text.length;
    return true;
  };
  /** Takes what the sticky expression matches here. */
  const take = (expression: RegExp): RegExpExecArray | null => {
    const found = expression.exec(chars.slice(at, at + 80).join(''));
    if (found) at += [...found[0]].length;
    return found;
  };
  const charOf = (char: number | CharTest): Expression => {
    const test = testOf(char);
    return { kind: 'char', test: flags.i ? foldCase(test) : test };
  };
  const next = (): number => (chars[at++] as string).codePointAt(0) as number;

  const either = (): Expression => {
    const parts = [sequence()];
    while (eat('|')) parts.push(sequence());
    return parts.length === 1 ? (parts[0] as Expression) : { kind: 'either', parts };
  };

  const sequence = (): Expression => {
    const parts: Expression[] = [];
    while (at < chars.length && chars[at] !== '|' && chars[at] !== ')') {
      if (eat('\\Q')) {
        while (at < chars.length && !eat('\\E')) parts.push(charOf(next()));
        continue;
      }
      const part = atom();
      if (part) parts.push(repeated(part));
    }
    return { kind: 'sequence', parts };
  };

  const repeated = (part: Expression): Expression => {
    const found = take(/^(?:([*+?])|\{(\d+)(?:(,)(\d+)?)?\})\??/);
    if (!found) return part;
    const [, sign, low, comma, high] = found;
    if (/^[*+?]/.test(chars[at] ?? '')) fail();
    const min = sign === undefined ? Number(low) : Number(sign === '+');
    const most = high ?? (comma ? Number.POSITIVE_INFINITY : low);
    const max = sign === undefined ? Number(most) : sign === '?' ? 1 : Number.POSITIVE_INFINITY;
    if (min > max || min > MAX_REPEAT || (Number.isFinite(max) && max > MAX_REPEAT)) fail();
    return { kind: 'repeat', part, min, max };
  };

  /** Undefined for flags that only change what follows. */
  const atom = (): Expression | undefined => {
    if (eat('(')) return group();
    if (eat('[')) return charOf(set());
    if (eat('.')) return charOf(flags.s ? () => true : (c) => c !== 10);
    if (eat('^')) return { kind: 'assertion', at: flags.m ? 'line-start' : 'text-start' };
    if (eat('$')) return { kind: 'assertion', at: flags.m ? 'line-end' : 'text-end' };
    if (/^[*+?]/.test(chars[at] ?? '')) fail();
    if (chars[at] !== '\\') return charOf(next());
    const assertion = ASSERTIONS[chars[at + 1] ?? ''];
    if (!assertion) return charOf(escaped());
    at += 2;
    return { kind: 'assertion', at: assertion };
  };

  const group = (): Expression | undefined => {
    const before = flags;
    if (chars[at] === '?' && !take(/^\?P?<\w+>/)) {
      const [, on = '', off = '', end] = take(/^\?([imsU]*)(?:-([imsU]+))?([:)])/) ?? fail();
      const set = (name: keyof Flags) => (flags[name] || on.includes(name)) && !off.includes(name);
      flags = { i: set('i'), m: set('m'), s: set('s') };
      if (end === ')') return undefined;
    }
    const inner = either();
    if (!eat(')')) fail();
    flags = before;
    return inner;
  };

  /** One escape, the backslash included: a single character, by its number, or a class. */
  const escaped = (): number | CharTest => {
    const unicode = take(/^\\([pP])(?:\{(\^?)(\w+)\}|(\w))/);
    if (unicode) {
      const test = unicodeClass((unicode[3] ?? unicode[4]) as string);
      return (unicode[1] === 'P') !== (unicode[2] === '^') ? not(test) : test;
    }
    const hex = take(/^\\x(?:\{([0-9a-fA-F]{1,6})\}|([0-9a-fA-F]{2}))/);
    if (hex) return Number.parseInt((hex[1] ?? hex[2]) as string, 16);
    const octal = take(/^\\(0[0-7]{0,2}|[1-7][0-7]{1,2})/);
    if (octal) return Number.parseInt(octal[1] as string, 8);
    const char = chars[at + 1] ?? fail();
    at += 2;
    const perl = PERL_CLASSES[char];
    if (perl) return perl;
    const control = CONTROLS[char];
    if (control !== undefined) return control;
    return /[0-9A-Za-z]/.test(char) ? fail() : (char.codePointAt(0) as number);
  };
  /** What stands between brackets, the closing one included. */
  const set = (): CharTest => {
    const isNegated = eat('^');
    const tests: CharTest[] = [];
    for (let isFirst = true; isFirst || chars[at] !== ']'; isFirst = false) {
      if (at >= chars.length) fail();
      const posix = take(/^\[:(\^?)(\w+):\]/);
      if (posix) {
        const test = POSIX_CLASSES[posix[2] as string] ?? fail();
        tests.push(posix[1] ? not(test) : test);
        continue;
      }
      const low = member();
      if (typeof low === 'function' || chars[at] !== '-' || chars[at + 1] === ']') tests.push(testOf(low));
      else {
        at++;
        const high = member();
        if (typeof high === 'function' || high < low) return fail();
        tests.push((c) => c >= low && c <= high);
      }
    }
    at++;
    const any: CharTest = (c) => tests.some((test) => test(c));
    // Folded before it is turned round: [^a] with (?i) takes neither case.
    const folded = flags.i ? foldCase(any) : any;
    return isNegated ? not(folded) : folded;
  };

  const member = (): number | CharTest => {
    if (at >= chars.length) fail();
    return chars[at] === '\\' ? escaped() : next();
  };

  const whole = either();
  if (at < chars.length) fail();
  return whole;
}

function testOf(char: number | CharTest): CharTest {
  return typeof char === 'function' ? char : (other) => other === char;
}
