import assert from 'node:assert/strict';
import { it } from 'node:test';
import { createCircuitBreaker, type Pass } from './circuit-breaker.ts';

function setup() {
  const time = { ms: 0 };
  const breaker = createCircuitBreaker(() => time.ms);
  const enter = (): Pass => {
    const pass = breaker.enter();
    assert.ok(pass, `closed at ${time.ms}`);
    return pass;
  };
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) enter()('dead');
  };
  return { time, breaker, enter, fail };
}

it('lets through until the third failure in a row', () => {
  const { breaker, enter, fail } = setup();
  fail(2);
  enter()('alive');
  fail(2);
  assert.ok(breaker.enter());
  fail(1);
  assert.equal(breaker.enter(), undefined);
});

it('lets one request through after 5 s, and no other beside it', () => {
  const { time, breaker, fail, enter } = setup();
  fail(3);
  time.ms = 4_999;
  assert.equal(breaker.enter(), undefined);
  time.ms = 5_000;
  const pass = enter();
  assert.equal(breaker.enter(), undefined);
  pass('alive');
  assert.ok(breaker.enter());
  assert.ok(breaker.enter());
});

it('waits twice as long after each failed return, at most a minute', () => {
  const { time, breaker, fail } = setup();
  fail(3);
  for (const backoffMs of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    time.ms += backoffMs - 1;
    assert.equal(breaker.enter(), undefined);
    time.ms += 1;
    fail(1);
  }
});

it('begins anew with 5 s after a good answer', () => {
  const { time, breaker, enter, fail } = setup();
  fail(3);
  time.ms = 5_000;
  fail(1);
  time.ms = 15_000;
  enter()('alive');
  fail(3);
  time.ms = 19_999;
  assert.equal(breaker.enter(), undefined);
  time.ms = 20_000;
  assert.ok(breaker.enter());
});

it('does not wait longer for requests that were under way already', () => {
  const { time, breaker, enter } = setup();
  const passes = Array.from({ length: 20 }, enter);
  for (const pass of passes) pass('dead');
  time.ms = 5_000;
  assert.ok(breaker.enter());
});
