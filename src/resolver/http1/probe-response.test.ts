import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteSettings } from '../ports.ts';
import { createProbeMatcher, findUnusableRules } from './probe-response.ts';
import { type RequestHead, readRequestHead } from './request-head.ts';

type Rule = Omit<RouteSettings['probeResponses'][number], 'response'>;

function matches(rule: Rule, line: string, ...headers: readonly string[]): boolean {
  const head = readRequestHead(Buffer.from(`${[`${line} HTTP/1.1`, ...headers].join('\r\n')}\r\n\r\n`)) as RequestHead;
  assert.equal(typeof head, 'object', line);
  return createProbeMatcher([{ ...rule, response: { status: 200, body: '' } }])(head) !== undefined;
}

interface Case {
  readonly name: string;
  readonly rule: Rule;
  readonly yes?: readonly (readonly [line: string, ...headers: string[]])[];
  readonly no?: readonly (readonly [line: string, ...headers: string[]])[];
}

const exact = (value: string): Rule => ({ path: { type: 'Exact', value } });
const cases: readonly Case[] = [
  { name: 'no path means all', rule: {}, yes: [['GET /'], ['POST /a/b?c']], no: [['CONNECT web:443'], ['OPTIONS *']] },
  { name: 'an empty prefix means all', rule: { path: { value: '' } }, yes: [['GET /a']] },
  {
    name: 'a prefix ends at a slash',
    rule: { path: { type: 'PathPrefix', value: '/foo' } },
    yes: [['GET /foo'], ['GET /foo/bar'], ['GET /foo/'], ['GET /foo?x'], ['GET http://web/foo']],
    no: [['GET /foobar'], ['GET /fo'], ['GET /Foo']],
  },
  {
    name: 'a prefix that ends with a slash has something below it',
    rule: { path: { value: '/foo/' } },
    yes: [['GET /foo/'], ['GET /foo/bar']],
    no: [['GET /foo']],
  },
  {
    name: 'an exact path is compared decoded, without its query',
    rule: exact('/a b/é'),
    yes: [['GET /a%20b/%C3%A9?q=1'], ['GET /a%20b/é']],
    no: [['GET /a+b/%C3%A9'], ['GET /a%20b/%C3%A9/']],
  },
  { name: 'no value at all is an exact path that none has', rule: { path: { type: 'Exact' } }, no: [['GET /']] },
  { name: 'a path that cannot be decoded matches nothing', rule: {}, no: [['GET /%zz'], ['GET /%4']] },
  { name: 'bytes that are no UTF-8 match by prefix', rule: {}, yes: [['GET /%ff']] },
  {
    name: 'an expression is searched for',
    rule: { path: { type: 'RegularExpression', value: 'health(z|y)$' } },
    yes: [['GET /x/healthz'], ['GET /healthy?a=b']],
    no: [['GET /healthz/x']],
  },
  {
    name: 'an expression that cannot be read matches nothing',
    rule: { path: { type: 'RegularExpression', value: '(' } },
    no: [['GET /('], ['GET /']],
  },
  { name: 'a method is compared', rule: { method: 'GET' }, yes: [['GET /']], no: [['POST /'], ['HEAD /']] },
  {
    name: 'header names have no case, values have',
    rule: { headers: [{ name: ' user-AGENT ', value: 'kube-probe/1.33' }] },
    yes: [
      ['GET /', 'User-Agent: kube-probe/1.33'],
      ['GET /', 'User-Agent: a', 'USER-AGENT:\t kube-probe/1.33 '],
    ],
    no: [['GET /', 'User-Agent: Kube-Probe/1.33'], ['GET /', 'User-Agent: a, kube-probe/1.33'], ['GET /']],
  },
  {
    name: 'all headers must match',
    rule: {
      headers: [
        { name: 'a', value: '1' },
        { name: 'b', type: 'RegularExpression', value: '^2' },
      ],
    },
    yes: [['GET /', 'A: 1', 'B: 23']],
    no: [
      ['GET /', 'A: 1', 'B: 32'],
      ['GET /', 'B: 2'],
    ],
  },
  { name: 'Host is no header', rule: { headers: [{ name: 'Host', value: 'web' }] }, no: [['GET /', 'Host: web']] },
  { name: 'a header without a name matches nothing', rule: { headers: [{ name: ' ', value: '' }] }, no: [['GET /']] },
  {
    name: 'a query parameter is compared decoded',
    rule: { queryParams: [{ name: 'a b', value: 'c d' }] },
    yes: [['GET /?a+b=c%20d'], ['GET /?x&a%20b=c+d&a+b=e'], ['GET /?a+b=1&a+b=c+d']],
    no: [['GET /?a+b=c'], ['GET /?A+b=c+d'], ['GET /'], ['GET /?a+b=c+d;x']],
  },
  { name: 'a query parameter may be empty', rule: { queryParams: [{ name: 'a', value: '' }] }, yes: [['GET /?a']] },
  {
    name: 'a query parameter may be searched',
    rule: { queryParams: [{ name: 'a', type: 'RegularExpression', value: '^[0-9]+$' }] },
    yes: [['GET /?a=12']],
    no: [['GET /?a=1x'], ['GET /?a=%zz']],
  },
  {
    name: 'all parts must match',
    rule: { ...exact('/a'), method: 'POST', queryParams: [{ name: 'q', value: '1' }] },
    yes: [['POST /a?q=1']],
    no: [['GET /a?q=1'], ['POST /b?q=1'], ['POST /a?q=2']],
  },
];

for (const { name, rule, yes = [], no = [] } of cases) {
  test(`probe rule: ${name}`, () => {
    for (const request of yes) assert.ok(matches(rule, ...request), request.join(' | '));
    for (const request of no) assert.ok(!matches(rule, ...request), request.join(' | '));
  });
}

test('the first rule that matches gives the answer, and one that cannot be read is passed over', () => {
  const match = createProbeMatcher([
    { path: { type: 'RegularExpression', value: '(' }, response: { status: 500, body: 'unread' } },
    { ...exact('/a'), response: { status: 403, body: 'first' } },
    { response: { status: 200, body: 'second' } },
  ]);
  const at = (path: string) => match(readRequestHead(Buffer.from(`GET ${path} HTTP/1.1\r\n\r\n`)) as RequestHead);
  assert.deepEqual(at('/a'), { status: 403, body: 'first' });
  assert.deepEqual(at('/b'), { status: 200, body: 'second' });
});

test('rules that match nothing are found, each with why', () => {
  const ruleOf = (rule: Rule) => ({ ...rule, response: { status: 200, body: '' } }) as const;
  const expression = (value: string): Rule => ({ path: { type: 'RegularExpression', value } });
  const rules = [
    expression('^/health(z|y)?$'),
    expression('/health('),
    { headers: [{ name: ' ', value: 'x' }] },
    exact('('),
    expression('(a?){999}'),
    expression(`(${'a?'.repeat(500)}){1000}`),
    { queryParams: [{ name: 'q', type: 'RegularExpression', value: '^b$' }] } as const,
  ];
  assert.deepEqual(findUnusableRules(rules.map(ruleOf)), [
    { index: 1, problem: 'malformed' },
    { index: 2, problem: 'malformed' },
    { index: 4, problem: 'tooLarge' },
    { index: 5, problem: 'tooLarge' },
    { index: 6, problem: 'tooLarge' },
  ]);
});
