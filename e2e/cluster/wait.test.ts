import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until, WaitTimeoutError } from './wait.ts';

test('a probe that throws at once is asked again', async () => {
  let asked = 0;
  const probe = () => {
    asked += 1;
    if (asked < 3) throw new Error('not yet');
    return asked;
  };
  assert.equal(await until('the third time', probe, { everyMs: 1 }), 3);
});

test('a probe that hangs is given up', async () => {
  const hanging = until('what never comes', () => new Promise(() => {}), { timeoutMs: 30, everyMs: 1 });
  await assert.rejects(hanging, WaitTimeoutError);
});
