import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTimetable } from './timetable.ts';

test('gives keys in the order of their times, each once, whatever moved meanwhile', () => {
  const change = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    atMs: fc.integer({ min: 0, max: 20 }),
    kind: fc.constantFrom('set', 'hasten', 'delete'),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const timetable = createTimetable();
      const times = new Map<string, number>();
      for (const { key, atMs, kind } of changes) {
        if (kind === 'delete') {
          timetable.delete(key);
          times.delete(key);
        } else {
          timetable[kind as 'set' | 'hasten'](key, atMs);
          times.set(key, kind === 'hasten' ? Math.min(atMs, times.get(key) ?? atMs) : atMs);
        }
      }
      const taken: [string, number][] = [];
      for (let nowMs = 0; nowMs <= 20; nowMs++) {
        for (let key = timetable.take(nowMs); key !== undefined; key = timetable.take(nowMs)) taken.push([key, nowMs]);
      }
      assert.deepEqual(new Map(taken), times);
      assert.equal(taken.length, times.size);
      assert.equal(timetable.nextMs(), undefined);
    }),
  );
});

test('says when the next is due', () => {
  const timetable = createTimetable();
  timetable.set('late', 9);
  timetable.set('soon', 5);
  assert.equal(timetable.nextMs(), 5);
  assert.equal(timetable.take(4), undefined);
  timetable.delete('soon');
  assert.equal(timetable.nextMs(), 9);
});
