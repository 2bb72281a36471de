import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createReadiness } from './readiness.ts';

function setup() {
  const state = { ms: 0, pings: 0, isUp: true };
  const readiness = createReadiness({
    monotonicMs: () => state.ms,
    ping: async () => {
      state.pings++;
      if (!state.isUp) throw new Error('connect ECONNREFUSED');
    },
  });
  return { state, readiness };
}

test('not ready while the API server does not answer, and ready again when it does', async () => {
  const { state, readiness } = setup();
  assert.equal((await readiness()).ready, true);
  state.isUp = false;
  state.ms = 3000;
  const { ready, reason } = await readiness();
  assert.equal(ready, false);
  assert.equal(reason, 'the API server does not answer');
  state.isUp = true;
  state.ms = 6000;
  assert.equal((await readiness()).ready, true);
});

test('many probes are one question to the API server within 3 s', async () => {
  const { state, readiness } = setup();
  await Promise.all([readiness(), readiness(), readiness()]);
  state.ms = 2999;
  await readiness();
  assert.equal(state.pings, 1);
  state.ms = 3000;
  await readiness();
  assert.equal(state.pings, 2);
});
