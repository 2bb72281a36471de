import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as macrotask } from 'node:timers/promises';
import { createTurns } from './turns.ts';

const makeHerd = (count: number, log: string[], name: string) => {
  let left = count;
  return {
    left: () => left,
    pump: (max: number) => {
      const n = Math.min(max, left);
      left -= n;
      log.push(`${name}${n}`);
      return left > 0;
    },
  };
};

test('one alone dials at once', () => {
  const log: string[] = [];
  createTurns()(makeHerd(3, log, 'a'));
  assert.deepEqual(log, ['a3']);
});

test('a herd dials in turns, with others in between', async () => {
  const log: string[] = [];
  const request = createTurns();
  const [herd, other] = [makeHerd(1000, log, 'a'), makeHerd(10, log, 'b')];
  request(herd);
  request(herd);
  request(other);
  assert.deepEqual(log, ['a64']);
  await macrotask();
  await macrotask();
  assert.deepEqual(log.slice(0, 3), ['a64', 'a32', 'b10']);
  assert.ok(herd.left() > 0);
  while (herd.left() > 0) await macrotask();
  assert.equal(other.left(), 0);
});
