import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createGate } from './gate.ts';
import { Refusal } from './refusal.ts';

function setup(overrides: { maxInFlight?: number; random?: () => number } = {}) {
  return createGate({ maxInFlight: 1, random: () => 0, ...overrides });
}

async function refusalOf(passing: Promise<unknown>): Promise<Refusal> {
  const error = await passing.then(
    () => assert.fail('the gate let it pass'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Refusal);
  return error;
}

test('passes up to the limit and refuses the next', async () => {
  const gate = setup({ maxInFlight: 2 });
  const { promise, resolve } = Promise.withResolvers<string>();
  const first = gate.pass(() => promise);
  const second = gate.pass(() => promise);
  assert.equal(gate.inFlight(), 2);

  const refusal = await refusalOf(gate.pass(async () => assert.fail('ran beyond the limit')));
  assert.deepEqual([refusal.status, refusal.code], [429, 'OVERLOADED']);

  resolve('done');
  assert.deepEqual(await Promise.all([first, second]), ['done', 'done']);
  assert.equal(gate.inFlight(), 0);
  assert.equal(await gate.pass(async () => 'again'), 'again');
});

test('a failure gives its place back', async () => {
  const gate = setup();
  const failure = new Error('failed');
  await assert.rejects(
    gate.pass(() => Promise.reject(failure)),
    failure,
  );
  assert.equal(await gate.pass(async () => 'passed'), 'passed');
});

for (const [random, seconds] of [
  [0, '1'],
  [0.1999, '1'],
  [0.2, '2'],
  [0.5, '3'],
  [0.7999, '4'],
  [0.8, '5'],
  [0.999_999_999, '5'],
  [1, '5'],
] as const) {
  test(`random ${random} asks to come back after ${seconds} s`, async () => {
    const gate = setup({ maxInFlight: 0, random: () => random });
    const overloaded = await refusalOf(gate.pass(async () => {}));
    assert.equal(overloaded.headers['Retry-After'], seconds);
    gate.shutDown();
    const shuttingDown = await refusalOf(gate.pass(async () => {}));
    assert.equal(shuttingDown.headers['Retry-After'], seconds);
  });
}

test('shutting down refuses all but what is served to the end', async () => {
  const gate = setup();
  assert.equal(gate.isShuttingDown(), false);
  gate.shutDown();
  assert.equal(gate.isShuttingDown(), true);
  const refusal = await refusalOf(gate.pass(async () => assert.fail('ran while shutting down')));
  assert.deepEqual([refusal.status, refusal.code, refusal.headers.Connection], [429, 'SHUTTING_DOWN', 'close']);
  assert.equal(await gate.pass(async () => 'woken', { isServedWhileShuttingDown: true }), 'woken');
});

test('shutting down does not lift the limit', async () => {
  const gate = setup({ maxInFlight: 0 });
  gate.shutDown();
  const refusal = await refusalOf(gate.pass(async () => {}, { isServedWhileShuttingDown: true }));
  assert.equal(refusal.code, 'OVERLOADED');
});
