import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Fifo, type Queued } from './fifo.ts';

interface Entry extends Queued {
  readonly name: number;
}

const makeEntry = (name: number): Entry => ({ name, list: undefined, previous: undefined, next: undefined });

test('two lists behave as two arrays do, and no entry is in both', () => {
  const step = fc.record({
    list: fc.nat(1),
    entry: fc.nat(5),
    act: fc.constantFrom('push' as const, 'unshift' as const, 'remove' as const),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const entries = [0, 1, 2, 3, 4, 5].map(makeEntry);
      const lists = [new Fifo<Entry>(), new Fifo<Entry>()];
      const models: number[][] = [[], []];
      for (const { list, entry, act } of steps) {
        lists[list]?.[act](entries[entry] as Entry);
        const model = models[list] as number[];
        for (const each of act === 'remove' ? [model] : models) {
          const at = each.indexOf(entry);
          if (at >= 0) each.splice(at, 1);
        }
        if (act !== 'remove') model[act](entry);
      }
      assert.deepEqual(
        lists.map((list) => list.all().map(({ name }) => name)),
        models,
      );
      assert.deepEqual(
        lists.map(({ size, first }) => [size, first?.name]),
        models.map((model) => [model.length, model[0]]),
      );
    }),
  );
});
