import assert from 'node:assert/strict';
import { test } from 'node:test';
import { elastiService } from './fixtures.ts';
import { isStatusOnlyChange, statusToWrite, withStatus } from './parent-status.ts';

const live = { ...elastiService(), status: { mode: 'proxy', conditions: [{ type: 'Ready' }], observedGeneration: 3 } };

test('the generation that the hook saw is added, whatever it says itself', () => {
  assert.deepEqual(statusToWrite({ mode: 'serve', observedGeneration: 1 }, elastiService()), {
    mode: 'serve',
    observedGeneration: 3,
  });
});

test('the same status in another order is not written', () => {
  const status = { observedGeneration: 3, conditions: [{ type: 'Ready' }], mode: 'proxy' };
  assert.equal(withStatus(live, status), undefined);
});

test('a status that differs deep down is written whole, without what others put there', () => {
  const status = { mode: 'proxy', conditions: [{ type: 'Asleep' }] };
  assert.deepEqual(withStatus(live, status)?.status, status);
});

test('the first status is written', () => {
  assert.deepEqual(withStatus(elastiService(), {})?.status, {});
});

test('a null is a difference', () => {
  assert.ok(withStatus({ ...live, status: { observedGeneration: 3 } }, { mode: null, observedGeneration: 3 }));
});

test('a status or finalizer alone is a change that does not count', () => {
  assert.equal(isStatusOnlyChange(live, { ...live, status: { mode: 'serve' } }), true);
  assert.equal(isStatusOnlyChange(live, { ...live, metadata: { ...live.metadata, finalizers: ['x'] } }), true);
});

for (const change of [
  { generation: 4 },
  { labels: { a: 'b' } },
  { annotations: { a: 'b' } },
  { deletionTimestamp: '2026-11-23T07:26:53Z' },
]) {
  test(`${Object.keys(change)[0]} counts`, () => {
    assert.equal(isStatusOnlyChange(live, { ...live, metadata: { ...live.metadata, ...change } }), false);
  });
}

test('a resync, the same object again, counts', () => {
  assert.equal(isStatusOnlyChange(live, live), false);
});
