import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createTimetable } from './timetable.ts';

test('gives keys in the order of their times, each once, whatever moved meanwhile', () => {
  const hasten = fc.record({
    key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
    atMs: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(fc.array(hasten, { maxLength: 40 }), (all) => {
      const timetable = createTimetable();
      const times = new Map<string, number>();
      for (const { key, atMs } of all) {
        timetable.hasten(key, atMs);
        times.set(key, Math.min(atMs, times.get(key) ?? atMs));
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
  timetable.hasten('late', 9);
  timetable.hasten('soon', 5);
  assert.equal(timetable.nextMs(), 5);
  assert.equal(timetable.take(4), undefined);
  assert.equal(timetable.take(5), 'soon');
  assert.equal(timetable.nextMs(), 9);
});

test('a key that was taken can be set anew, later than before', () => {
  const timetable = createTimetable();
  timetable.hasten('web', 5);
  assert.equal(timetable.take(5), 'web');
  timetable.hasten('web', 7);
  assert.equal(timetable.nextMs(), 7);
});

test('a key that is forgotten is not due any more, and can be set anew', () => {
  const timetable = createTimetable();
  timetable.hasten('web', 5);
  timetable.forget('web');
  assert.equal(timetable.take(5), undefined);
  timetable.hasten('web', 7);
  assert.equal(timetable.take(7), 'web');
  assert.equal(timetable.nextMs(), undefined);
});
