import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startFakePrometheus } from '../testing/fake-prometheus.ts';
import { readHistory, sampleAt, samplesWithin } from './history.ts';

const startMs = Date.parse('2026-03-01T00:00:00Z');
const stepMs = 30_000;
const rangeOf = (steps: number) => ({ startMs, stepMs, endMs: startMs + steps * stepMs });

test('a week is asked for in parts, and comes back as one', async (t) => {
  const { url, asked } = await startFakePrometheus(t, { q: (atMs) => (atMs - startMs) / stepMs });
  const { samples } = await readHistory({ url: `${url}/base/`, headers: {} }, 'q', rangeOf(20_160));
  assert.deepEqual(
    asked.map(({ path, points }) => [path, points]),
    [10_000, 10_000, 161].map((points) => ['/base/api/v1/query_range', points]),
  );
  assert.deepEqual(
    samples,
    Array.from({ length: 20_161 }, (_, i) => i),
  );
});

test('what is missing, several at once, or no number, is none', async (t) => {
  const values = [1, undefined, [1, 2], 'NaN', '+Inf', [undefined, 3] as never, '-0.5'];
  const { url } = await startFakePrometheus(t, { q: (atMs) => values[(atMs - startMs) / stepMs] });
  const { samples } = await readHistory({ url, headers: {} }, 'q', rangeOf(6));
  assert.deepEqual(samples, [1, 'EmptyResult', 'SeveralSeries', 'NotANumber', 'NotFinite', 3, -0.5]);
});

test('a sample stands until the next one, and a window holds those between its ends', () => {
  const series = { startMs, stepMs, samples: [0, 1, 2, 3] };
  assert.deepEqual(
    [0, 29_999, 30_000, 90_000, 500_000].map((ms) => sampleAt(series, startMs + ms)),
    [0, 0, 1, 3, 3],
  );
  assert.deepEqual(samplesWithin(series, startMs + 90_000, 60), [1, 2, 3]);
  assert.deepEqual(samplesWithin(series, startMs + 89_999, 60), [1, 2]);
  assert.deepEqual(samplesWithin(series, startMs + 30_000, 3600), [0, 1]);
  assert.deepEqual(samplesWithin(series, startMs + 30_000, 0), [1]);
});
