import assert from 'node:assert/strict';
import { it } from 'node:test';
import { planHeaders } from './headers.ts';

it('takes headers and names of Secrets, in lower case and in order', () => {
  const plan = planHeaders({
    headers: { 'X-Scope-OrgID': 'shop', Accept: 'x' },
    secretHeaders: { Authorization: { name: 'login', key: 'token' } },
  });
  assert.deepEqual(Object.entries(plan?.values ?? {}), [
    ['accept', 'x'],
    ['x-scope-orgid', 'shop'],
  ]);
  assert.deepEqual(plan?.secrets, { authorization: { name: 'login', key: 'token' } });
});

it('prefers a Secret to a plain value', () => {
  const plan = planHeaders({
    headers: { authorization: 'plain' },
    secretHeaders: { Authorization: { name: 'login', key: 'token' } },
  });
  assert.deepEqual(plan?.values, {});
});

it('refuses names and values that cannot be sent', () => {
  for (const headers of [
    { 'a b': 'x' },
    { '': 'x' },
    { 'a:': 'x' },
    { a: 'x\r\nb: c' },
    { a: 'x\n' },
    { a: '\u20ac' },
  ]) {
    assert.equal(planHeaders({ headers }), undefined, JSON.stringify(headers));
  }
  assert.equal(planHeaders({ secretHeaders: { 'a b': { name: 'n', key: 'k' } } }), undefined);
});

it('refuses headers that steer the connection or name another host', () => {
  for (const name of ['Host', 'Content-Length', 'Transfer-Encoding', 'Connection', 'upgrade', 'EXPECT']) {
    assert.equal(planHeaders({ headers: { [name]: '1' } }), undefined, name);
    assert.equal(planHeaders({ secretHeaders: { [name]: { name: 'n', key: 'k' } } }), undefined, name);
  }
});

it('takes 32 headers and no more', () => {
  const headers = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, '1']));
  assert.ok(planHeaders({ headers: headers(32) }));
  assert.equal(planHeaders({ headers: headers(33) }), undefined);
});
