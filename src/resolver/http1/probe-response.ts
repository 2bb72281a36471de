import type { UnusableRule } from '../../core/types.ts';
import type { RouteSettings } from '../ports.ts';
import type { RequestHead } from './request-head.ts';
import { type RequestUrl, readRequestUrl } from './request-url.ts';
import { createSearches, type Search, TooLargeError } from './searches.ts';

export interface ProbeAnswer {
  readonly status: number;
  readonly body: string;
}

/** The answer of the first rule that matches, if any. */
export type ProbeMatcher = (head: RequestHead) => ProbeAnswer | undefined;

type Rule = RouteSettings['probeResponses'][number];
type NamedRule = NonNullable<Rule['headers']>[number];
type MakeSearch = (pattern: string) => Search;
type RuleMatcher = (head: RequestHead, url: RequestUrl) => boolean;

/** Go's net/http takes these out of a request's headers, so that with KubeElasti no rule ever sees them. */
const HIDDEN_HEADERS = new Set(['host', 'transfer-encoding', 'trailer']);

/** Makes the matcher of an ElastiService's probeResponse, with KubeElasti's meaning. A rule that cannot be read matches nothing. */
export function createProbeMatcher(rules: RouteSettings['probeResponses']): ProbeMatcher {
  const makeSearch = createSearches();
  const compiled = rules.flatMap((rule) => {
    const matches = compileRule(rule, makeSearch);
    return typeof matches === 'function'
      ? [{ matches, answer: { status: rule.response.status, body: rule.response.body } }]
      : [];
  });
  return (head) => {
    const url = readRequestUrl(head.method, head.target);
    return url && compiled.find(({ matches }) => matches(head, url))?.answer;
  };
}

/** The rules that match nothing, as createProbeMatcher takes them. */
export function findUnusableRules(rules: RouteSettings['probeResponses']): readonly UnusableRule[] {
  const makeSearch = createSearches();
  return rules.flatMap((rule, index) => {
    const problem = compileRule(rule, makeSearch);
    return typeof problem === 'string' ? [{ index, problem }] : [];
  });
}

function compileRule(rule: Rule, makeSearch: MakeSearch): RuleMatcher | UnusableRule['problem'] {
  try {
    const path = compilePath(rule.path, makeSearch);
    const method = rule.method?.trim().toUpperCase();
    const headers = (rule.headers ?? []).map((each) =>
      compileNamed({ ...each, name: each.name.trim().toLowerCase() }, makeSearch),
    );
    const queryParams = (rule.queryParams ?? []).map((each) => compileNamed(each, makeSearch));
    return (head, url) =>
      (!method || method === head.method.toUpperCase()) &&
      path(url.path) &&
      headers.every(({ name, test }) => !HIDDEN_HEADERS.has(name) && hasMatch(head.headers, name, test)) &&
      queryParams.every(({ name, test }) => hasMatch(url.query, name, test));
  } catch (error) {
    if (error instanceof TooLargeError) return 'tooLarge';
    if (error instanceof SyntaxError) return 'malformed';
    throw error;
  }
}

function compilePath(path: Rule['path'], makeSearch: MakeSearch): Search {
  const value = path?.value ?? '';
  if (path?.type === 'Exact') return (actual) => actual === value;
  if (path?.type === 'RegularExpression') return makeSearch(value);
  return (actual) => isUnder(actual, value || '/');
}

/** Whole segments count: /foo is over /foo and /foo/bar, not over /foobar. */
function isUnder(path: string, prefix: string): boolean {
  if (!path.startsWith(prefix)) return false;
  return prefix.endsWith('/') || path.length === prefix.length || path[prefix.length] === '/';
}

function compileNamed({ name, type, value }: NamedRule, makeSearch: MakeSearch) {
  if (name.trim() === '') throw new SyntaxError('a rule needs a name');
  const test: Search = type === 'RegularExpression' ? makeSearch(value) : (actual) => actual === value;
  return { name, test };
}

function hasMatch(pairs: readonly (readonly [string, string])[], name: string, test: Search): boolean {
  return pairs.some(([other, value]) => other === name && test(value));
}
