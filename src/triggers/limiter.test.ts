import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createLimiter } from './limiter.ts';

function setup(places: number) {
  const limit = createLimiter(places);
  const started: string[] = [];
  const work = new Map<string, PromiseWithResolvers<string>>();
  const start = (name: string) =>
    limit(() => {
      started.push(name);
      const held = Promise.withResolvers<string>();
      work.set(name, held);
      return held.promise;
    });
  return { limit, started, work, start };
}

it('starts as much as there are places, and the rest in order', async () => {
  const { started, work, start } = setup(2);
  const all = ['a', 'b', 'c', 'd'].map(start);
  assert.deepEqual(started, ['a', 'b']);
  work.get('b')?.resolve('b');
  await all[1];
  assert.deepEqual(started, ['a', 'b', 'c']);
  work.get('a')?.resolve('a');
  await all[0];
  assert.deepEqual(started, ['a', 'b', 'c', 'd']);
  for (const { resolve } of work.values()) resolve('done');
  assert.deepEqual(await Promise.all(all), ['a', 'b', 'done', 'done']);
});

it('gives the place of failed work on', async () => {
  const { started, work, start } = setup(1);
  const first = start('a');
  void start('b');
  work.get('a')?.reject(new Error('no'));
  await assert.rejects(first, /no/);
  assert.deepEqual(started, ['a', 'b']);
});

it('lets nobody ahead of those who wait', async () => {
  const { started, work, start } = setup(1);
  const first = start('a');
  void start('b');
  work.get('a')?.resolve('a');
  await first;
  void start('c');
  assert.deepEqual(started, ['a', 'b']);
});
