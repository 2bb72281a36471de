import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createRecent } from './recent.ts';

it('keeps what was used last and says what it lets go', () => {
  const evicted: number[] = [];
  const recent = createRecent<number>(2, (value) => evicted.push(value));
  recent.set('a', 1);
  recent.set('b', 2);
  assert.equal(recent.get('a'), 1);
  recent.set('c', 3);
  assert.deepEqual([recent.get('a'), recent.get('b'), recent.get('c')], [1, undefined, 3]);
  assert.deepEqual(evicted, [2]);
});

it('replaces and deletes without letting go of others', () => {
  const evicted: number[] = [];
  const recent = createRecent<number>(2, (value) => evicted.push(value));
  recent.set('a', 1);
  recent.set('b', 2);
  recent.set('a', 3);
  recent.delete('b');
  recent.set('c', 4);
  assert.deepEqual([recent.get('a'), recent.get('b'), recent.get('c'), recent.size], [3, undefined, 4, 2]);
  assert.deepEqual(evicted, []);
});
