import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSeededRandom } from '../../effects/testing/seeded-random.ts';
import { createVirtualClock } from '../../effects/testing/virtual-clock.ts';
import type { EndedSpan } from './otlp-body.ts';
import { createOtlpExporter, type PostOutcome } from './otlp-exporter.ts';

const SPAN: EndedSpan = {
  ...{ name: 'wake', kind: 'client', startMs: 0, endMs: 1 },
  context: { traceId: '1'.repeat(32), spanId: '2'.repeat(16) },
};

/** A collector that answers like this, the last one again and again. */
function setup(...outcomes: (PostOutcome | 'never')[]) {
  const clock = createVirtualClock();
  const posts: { readonly atMs: number; readonly count: number }[] = [];
  const ended = { sent: 0, dropped: 0 };
  const exporter = createOtlpExporter({
    post: async (spans) => {
      posts.push({ atMs: clock.monotonicMs(), count: spans.length });
      const outcome = outcomes[Math.min(posts.length, outcomes.length) - 1] ?? 'sent';
      return outcome === 'never' ? new Promise(() => {}) : outcome;
    },
    clock,
    random: createSeededRandom(1),
    onSpans: (outcome, count) => {
      ended[outcome] += count;
    },
  });
  const add = (count: number) => {
    for (let n = 0; n < count; n++) exporter.add(SPAN);
  };
  return { clock, posts, ended, exporter, add };
}

test('spans of a second go together', async () => {
  const { clock, posts, ended, add } = setup('sent');
  add(3);
  await clock.advance(999);
  assert.deepEqual(posts, []);
  await clock.advance(1);
  assert.deepEqual(posts, [{ atMs: 1000, count: 3 }]);
  assert.deepEqual(ended, { sent: 3, dropped: 0 });
  await clock.advance(600_000);
  assert.equal(posts.length, 1);
});

test('a full batch does not wait', async () => {
  const { clock, posts, add } = setup('sent');
  add(1);
  add(1100);
  await clock.advance(1000);
  assert.deepEqual(posts.slice(0, 2), [
    { atMs: 1000, count: 512 },
    { atMs: 1000, count: 512 },
  ]);
  await clock.advance(1000);
  assert.deepEqual(posts[2], { atMs: 2000, count: 77 });
});

test('a dead collector is asked less and less, and no more is kept for it than fits', async () => {
  const { clock, posts, ended, add } = setup('unreachable');
  add(5000);
  assert.deepEqual(ended, { sent: 0, dropped: 5000 - 2048 });
  await clock.advance(600_000);
  assert.ok(posts.length >= 10 && posts.length <= 25, String(posts.length));
  for (const { count } of posts) assert.equal(count, 512);
  const waits = posts.slice(1).map(({ atMs }, index) => atMs - (posts[index]?.atMs ?? 0));
  assert.ok(Math.max(...waits) <= 60_000);
  assert.ok((waits.at(-1) as number) >= 30_000);
});

test('when it is back it gets what was kept', async () => {
  const { clock, ended, add } = setup('unreachable', 'unreachable', 'sent');
  add(2000);
  await clock.advance(30_000);
  assert.deepEqual(ended, { sent: 2000, dropped: 0 });
});

test('what it refuses for good is given up, and what follows goes on', async () => {
  const { clock, posts, ended, add } = setup('refused', 'sent');
  add(2);
  await clock.advance(1000);
  add(1);
  await clock.advance(1000);
  assert.deepEqual(
    posts.map(({ count }) => count),
    [2, 1],
  );
  assert.deepEqual(ended, { sent: 1, dropped: 2 });
});

test('at the end what waits goes at once', async () => {
  const { clock, ended, exporter, add } = setup('sent');
  add(700);
  await clock.run(exporter.close(2000));
  assert.equal(clock.monotonicMs(), 0);
  assert.deepEqual(ended, { sent: 700, dropped: 0 });
});

for (const outcome of ['unreachable', 'never'] as const) {
  test(`at the end a collector that is ${outcome === 'never' ? 'silent' : outcome} is not waited for`, async () => {
    const { clock, posts, exporter, add } = setup(outcome);
    add(2048);
    await clock.run(exporter.close(2000));
    assert.equal(clock.monotonicMs(), outcome === 'never' ? 2000 : 0);
    assert.equal(posts.length, 1);
  });
}

test('at the end with nothing to send nothing is sent', async () => {
  const { clock, posts, exporter } = setup('sent');
  await clock.run(exporter.close(2000));
  assert.deepEqual([clock.monotonicMs(), posts], [0, []]);
});
