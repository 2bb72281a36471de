import { parseRegExp } from './parse.ts';
import { type Assertion, type CharTest, type Expression, word } from './syntax.ts';

type Step =
  | { readonly kind: 'char'; readonly test: CharTest; readonly next: number }
  | { readonly kind: 'assertion'; readonly at: Assertion; readonly next: number }
  | { readonly kind: 'split'; nexts: readonly number[] }
  | { readonly kind: 'match' };

/** Nested repeats multiply, and the time taken grows with the steps. */
const MAX_STEPS = 2000;

/**
 * Makes a search for an expression in RE2's syntax, whose time grows with the text's length and no faster. The expressions
 * are written by whoever may write an ElastiService and run on what any client sends: with JavaScript's own, one such pair
 * could stop the traffic of all. Throws SyntaxError for an expression that RE2 refuses or that is too large.
 */
export function createLinearRegExp(pattern: string): (text: string) => boolean {
  const steps: Step[] = [{ kind: 'match' }];
  const first = compile(parseRegExp(pattern), 0, steps);
  return (text) =>
    search(
      steps,
      first,
      [...text].map((char) => char.codePointAt(0) as number),
    );
}

/** Adds the steps of an expression that go on at `next`; gives the first of them. */
function compile(expression: Expression, next: number, steps: Step[]): number {
  if (steps.length > MAX_STEPS) throw new SyntaxError('the regular expression is too large');
  switch (expression.kind) {
    case 'char':
    case 'assertion':
      return steps.push({ ...expression, next }) - 1;
    case 'sequence':
      return expression.parts.reduceRight((after, part) => compile(part, after, steps), next);
    case 'either': {
      const nexts = expression.parts.map((part) => compile(part, next, steps));
      return steps.push({ kind: 'split', nexts }) - 1;
    }
    case 'repeat': {
      const { part, min, max } = expression;
      let from = next;
      if (max === Number.POSITIVE_INFINITY) {
        const loop: Step = { kind: 'split', nexts: [] };
        from = steps.push(loop) - 1;
        loop.nexts = [compile(part, from, steps), next];
      } else {
        for (let n = min; n < max; n++) {
          from = steps.push({ kind: 'split', nexts: [compile(part, from, steps), next] }) - 1;
        }
      }
      for (let n = 0; n < min; n++) from = compile(part, from, steps);
      return from;
    }
    default:
      return expression satisfies never;
  }
}

/** Follows all ways through the steps at once, one character at a time. */
function search(steps: readonly Step[], first: number, text: readonly number[]): boolean {
  const seenAt = new Int32Array(steps.length).fill(-1);
  let waiting: number[] = [];
  for (let i = 0; i <= text.length; i++) {
    const reached: number[] = [];
    const open = [first, ...waiting];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (seenAt[at] === i) continue;
      seenAt[at] = i;
      const step = steps[at] as Step;
      if (step.kind === 'match') return true;
      if (step.kind === 'split') open.push(...step.nexts);
      else if (step.kind === 'char') reached.push(at);
      else if (holds(step.at, text, i)) open.push(step.next);
    }
    waiting = [];
    for (const at of reached) {
      const step = steps[at] as Extract<Step, { kind: 'char' }>;
      if (i < text.length && step.test(text[i] as number)) waiting.push(step.next);
    }
  }
  return false;
}

function holds(at: Assertion, text: readonly number[], i: number): boolean {
  const isWord = (n: number) => n >= 0 && n < text.length && word(text[n] as number);
  switch (at) {
    case 'text-start':
      return i === 0;
    case 'text-end':
      return i === text.length;
    case 'line-start':
      return i === 0 || text[i - 1] === 10;
    case 'line-end':
      return i === text.length || text[i] === 10;
    case 'word':
      return isWord(i - 1) !== isWord(i);
    case 'no-word':
      return isWord(i - 1) === isWord(i);
    default:
      return at satisfies never;
  }
}
