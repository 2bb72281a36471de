import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import { createObjectCache } from './object-cache.ts';

const Thing = z.object({ size: z.number() });
const thing = (name: string, resourceVersion: string, size: unknown = 1) => ({
  metadata: { namespace: 'shop', name, resourceVersion },
  size,
  weight: 'dropped',
});

function setup() {
  const changes: string[] = [];
  const malformed: string[] = [];
  const cache = createObjectCache({
    schema: Thing,
    onChange: (key, value, before) => changes.push(`${key} ${before?.size} -> ${value?.size}`),
    onMalformed: (key, reason) => malformed.push(`${key} ${reason.split(':')[0]}`),
  });
  const list = (...objects: readonly unknown[]) => {
    const taking = cache.startList();
    for (const object of objects) taking.put(object);
    taking.finish();
  };
  return { cache, list, changes, malformed, take: () => changes.splice(0) };
}

test('tells of what came, changed and went', () => {
  const { cache, list, take } = setup();
  list(thing('a', '1'), thing('b', '2'));
  assert.deepEqual(take(), ['shop/a undefined -> 1', 'shop/b undefined -> 1']);
  cache.put(thing('a', '3', 5));
  cache.put(thing('c', '4'));
  cache.remove(thing('b', '5'));
  assert.deepEqual(take(), ['shop/a 1 -> 5', 'shop/c undefined -> 1', 'shop/b 1 -> undefined']);
  assert.equal(cache.size(), 2);
});

test('keeps what the schema names and nothing else', () => {
  const { cache } = setup();
  cache.put(thing('a', '1'));
  assert.deepEqual(cache.get('shop/a'), { size: 1 });
});

test('a further list tells of the differences only', () => {
  const { list, take } = setup();
  list(thing('a', '1'), thing('b', '2'), thing('c', '3'));
  take();
  list(thing('a', '1'), thing('c', '5', 9), thing('d', '6'));
  assert.deepEqual(take(), ['shop/b 1 -> undefined', 'shop/c 1 -> 9', 'shop/d undefined -> 1']);
});

test('until a list is finished the last one holds', () => {
  const { cache, list } = setup();
  list(thing('a', '1'));
  cache.startList().put(thing('b', '2'));
  assert.equal(cache.get('shop/a')?.size, 1);
  assert.equal(cache.get('shop/b'), undefined);
});

test('the same version again is no change', () => {
  const { cache, take } = setup();
  cache.put(thing('a', '1'));
  take();
  cache.put(thing('a', '1'));
  assert.deepEqual(take(), []);
});

test('what cannot be read is told of, and what it was before goes', () => {
  const { cache, list, take, malformed } = setup();
  list(thing('a', '1'), thing('b', '2', 'big'));
  assert.deepEqual(malformed.splice(0), ['shop/b size']);
  take();
  cache.put(thing('a', '3', 'big'));
  assert.deepEqual(take(), ['shop/a 1 -> undefined']);
  assert.deepEqual(malformed, ['shop/a size']);
});

test('objects without metadata, and things that are no objects, change nothing', () => {
  const { cache, list, take, malformed } = setup();
  list(thing('a', '1'));
  take();
  for (const nothing of [
    null,
    'text',
    5,
    {},
    { metadata: null },
    { metadata: { name: 5 } },
    { metadata: { name: 'x' } },
  ]) {
    cache.put(nothing);
    cache.remove(nothing);
  }
  assert.deepEqual(take(), []);
  assert.equal(cache.size(), 1);
  assert.equal(malformed.length, 7);
});
