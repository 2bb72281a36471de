import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../../effects/testing/seeded-random.ts';
import { createVirtualClock } from '../../effects/testing/virtual-clock.ts';
import type { Claim } from '../ports.ts';
import type { PostWake } from './post-wake.ts';
import { createSendWake, type WakeOutcome } from './send-wake.ts';
import { makeClaim } from './testing/fixtures.ts';

interface Late {
  readonly status: number;
  readonly afterMs: number;
}
type Answer = number | undefined | Late;
const SILENCE: Late = { status: 200, afterMs: Number.POSITIVE_INFINITY };

/** A hook service that gives these answers, the last one again and again. */
function setup(answers: readonly Answer[], writeToken: () => Promise<void> = async () => {}) {
  const clock = createVirtualClock();
  const posts: { readonly atMs: number; readonly held: number; readonly isFreshConnection: boolean }[] = [];
  const tokens: { readonly atMs: number; readonly claim: Claim }[] = [];
  const outcomes: WakeOutcome[] = [];
  const postWake: PostWake = async (_claim, { held, timeoutMs, isFreshConnection }) => {
    posts.push({ atMs: clock.monotonicMs(), held, isFreshConnection });
    const answer = answers[Math.min(posts.length, answers.length) - 1];
    if (typeof answer !== 'object') return answer;
    await clock.sleep(Math.min(timeoutMs, answer.afterMs));
    return answer.afterMs < timeoutMs ? answer.status : undefined;
  };
  const sendWake = createSendWake({
    postWake,
    writeToken: async (claim) => {
      tokens.push({ atMs: clock.monotonicMs(), claim });
      await writeToken();
    },
    clock,
    random: createSeededRandom(1),
    onWake: (_claim, outcome) => outcomes.push(outcome),
  });
  return { clock, posts, tokens, outcomes, wake: () => clock.run(sendWake(makeClaim(), 7)) };
}

test('a hook service that records the wake is asked once, with what is held, and no token is written', async () => {
  const { wake, posts, tokens, outcomes } = setup([200]);
  await wake();
  assert.deepEqual(posts, [{ atMs: 0, held: 7, isFreshConnection: false }]);
  assert.deepEqual(tokens, []);
  assert.deepEqual(outcomes, ['hook']);
});

for (const passing of [500, 502, 503, 429, undefined]) {
  test(`${passing ?? 'no answer'} and then 200: asked again, on a connection of its own`, async () => {
    const { wake, posts, tokens, outcomes } = setup([passing, passing, 200]);
    await wake();
    assert.deepEqual(
      posts.map(({ isFreshConnection }) => isFreshConnection),
      [false, true, true],
    );
    assert.deepEqual(tokens, []);
    assert.deepEqual(outcomes, ['hook']);
  });
}

for (const [what, answer] of [
  ['dead', undefined],
  ['silent', SILENCE],
  ['broken', 500],
  ['overloaded', 429],
] as const) {
  test(`a hook service that is ${what}: the token after 3 s, not before`, async () => {
    const { wake, tokens, outcomes, posts } = setup([answer]);
    await wake();
    assert.equal(tokens.length, 1);
    assert.deepEqual(tokens[0]?.claim, makeClaim());
    assert.ok(tokens[0].atMs >= 3000 && tokens[0].atMs <= 3200, `at ${tokens[0].atMs}`);
    assert.ok(posts.length >= 2);
    assert.deepEqual(outcomes, ['token']);
  });
}

// What its own bounds allow: the time-out of the token's write, and the wait for the raise that follows.
test('a replica that takes as long as it may under a slow API server is not asked again', async () => {
  const { wake, posts, tokens, outcomes } = setup([{ status: 200, afterMs: 1499 }]);
  await wake();
  assert.equal(posts.length, 1);
  assert.deepEqual(tokens, []);
  assert.deepEqual(outcomes, ['hook']);
});

test('one that takes longer is given up for another', async () => {
  const { wake, posts, tokens } = setup([{ status: 200, afterMs: 1500 }, 200]);
  await wake();
  assert.equal(posts.length, 2);
  assert.deepEqual(tokens, []);
});

test('one replica that is slow leaves time for another', async () => {
  const { wake, posts, outcomes } = setup([SILENCE, 200]);
  await wake();
  assert.equal(posts.length, 2);
  assert.ok((posts[1]?.atMs ?? 0) < 2000);
  assert.deepEqual(outcomes, ['hook']);
});

for (const refusal of [400, 404, 405]) {
  test(`${refusal} would come again: the token at once`, async () => {
    const { wake, posts, tokens } = setup([refusal]);
    await wake();
    assert.equal(posts.length, 1);
    assert.equal(tokens[0]?.atMs, 0);
  });
}

test('a token that cannot be written fails the wake', async () => {
  const { wake, outcomes } = setup([undefined], async () => {
    throw new Error('no API server either');
  });
  await assert.rejects(wake(), /no API server either/);
  assert.deepEqual(outcomes, ['failed']);
});

test('whatever goes wrong in asking is told of, too', async () => {
  const outcomes: WakeOutcome[] = [];
  const sendWake = createSendWake({
    postWake: () => Promise.reject(new RangeError('a bug')),
    writeToken: async () => {},
    clock: createVirtualClock(),
    random: createSeededRandom(1),
    onWake: (_claim, outcome) => outcomes.push(outcome),
  });
  await assert.rejects(sendWake(makeClaim(), 1), /a bug/);
  assert.deepEqual(outcomes, ['failed']);
});
