import { RE2JS, RE2JSException } from 're2js';

/** Looks for an expression anywhere in a text. */
export type Search = (text: string) => boolean;

/** For all expressions of one ElastiService: the time of a search grows with their steps and the length of the text. */
const MAX_STEPS = 2000;
/** An expression may be about this large before it is known how many steps it has. */
const MAX_UNCOMPILED = 20_000;
const COUNT = /(\)?)\{(\d+)(?:,(\d*))?\}/g;

/** The expressions of an ElastiService are more than is taken. */
export class TooLargeError extends SyntaxError {}

/**
 * Makes searches for the expressions of one ElastiService, in Go's syntax and with Go's meaning, as KubeElasti has them. They
 * are written by whoever may write an ElastiService and run on what any client sends: with JavaScript's own, one such pair
 * could stop the traffic of all. The maker throws SyntaxError for an expression that Go refuses, and TooLargeError for
 * one that is too large, alone or with those before it; after the latter it throws for all.
 */
export function createSearches(): (pattern: string) => Search {
  let left = MAX_STEPS;
  return (pattern) => {
    if (left <= 0 || boundSize(pattern) > MAX_UNCOMPILED) throw new TooLargeError('the expressions are too large');
    const expression = compile(pattern);
    left -= expression?.programSize() ?? pattern.length;
    if (!expression) throw new SyntaxError(`no regular expression: ${pattern}`);
    if (left < 0) throw new TooLargeError('the expressions are too large');
    // test() would be faster, but keeps up to 8 MiB of states for each expression.
    return (text) => expression.matcher(text).find();
  };
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (error instanceof RE2JSException) return undefined;
    throw error;
  }
}

/** Repeated groups multiply; of what else is repeated nothing stands inside another. */
function boundSize(pattern: string): number {
  let inGroups = 1;
  let alone = 1;
  for (const [, group, low, high] of pattern.matchAll(COUNT)) {
    const count = Math.max(1, Number(low), Number(high ?? 0));
    if (group) inGroups *= count;
    else alone = Math.max(alone, count);
  }
  return pattern.length * alone * inGroups;
}
