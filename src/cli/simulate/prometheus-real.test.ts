import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { parseConfig, toSettings } from '../../config.ts';
import { uptimeQuery } from '../../triggers/prometheus-query.ts';
import { type RunningPrometheus, startPrometheus } from '../../triggers/testing/start-prometheus.ts';
import { SPEC } from '../testing/objects.ts';
import { readHistory } from './history.ts';
import { replay } from './replay.ts';

const BINARY = '/usr/bin/prometheus';
const skip = [BINARY, '/usr/bin/promtool'].every(existsSync) ? false : `there is no Prometheus at ${BINARY}`;

const STEP_MS = 60_000;
const HOUR_MS = 3_600_000;
// Whole hours that ended some time ago: what is scraped now is in none of them.
const END_MS = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS;
const START_MS = END_MS - 8 * HOUR_MS;
const range = { startMs: START_MS, endMs: END_MS, stepMs: STEP_MS };

/** Eight hours, a scrape each minute: in the fourth hour ten requests a second, and Prometheus away in the seventh. */
function history(): string {
  const counts: string[] = [];
  const ups: string[] = [];
  let total = 0;
  for (let ms = START_MS; ms <= END_MS; ms += STEP_MS) {
    const hour = (ms - START_MS) / HOUR_MS;
    if (hour >= 6 && hour < 7) continue;
    if (hour > 3 && hour <= 4) total += 600;
    counts.push(`requests_total{path="/"} ${total} ${ms / 1000}`);
    ups.push(`up{container="prometheus"} 1 ${ms / 1000}`);
  }
  return [...['# TYPE requests counter', ...counts], ...['# TYPE up gauge', ...ups], ...['# EOF', '']].join('\n');
}

describe('the past of a real Prometheus', { skip, timeout: 120_000 }, () => {
  let prometheus: RunningPrometheus;
  before(async () => {
    prometheus = await startPrometheus(BINARY, { history: history() });
  });
  after(() => prometheus?.stop());

  const read = (query: string) => readHistory({ url: prometheus.url, headers: {} }, query, range);

  it('is read step by step, as vectors and as scalars', async () => {
    const { samples } = await read('sum(rate(requests_total[5m]))');
    const at = (hour: number) => samples[Math.round((hour * HOUR_MS) / STEP_MS)];
    assert.deepEqual([at(2), at(3.5), at(5), at(6.5)], [0, 10, 0, 'EmptyResult']);
    const vector = await read('sum(requests_total)');
    assert.deepEqual(await read('scalar(requests_total)'), {
      ...vector,
      // A scalar of nothing is NaN.
      samples: vector.samples.map((sample) => (sample === 'EmptyResult' ? 'NotANumber' : sample)),
    });
  });

  it('is replayed: asleep but for what was asked, and blind where Prometheus was away', async () => {
    const query = 'sum(rate(requests_total[5m])) or vector(0)';
    const spec = { ...SPEC, triggers: [{ type: 'prometheus' as const, metadata: { query, threshold: '0.5' } }] };
    const { sleeps, coldHitsAtMs } = replay({
      elastiService: { namespace: 'shop', name: 'web', spec: spec as never },
      histories: [{ value: await read(query), uptime: await read(uptimeQuery(undefined, 0)) }],
      range,
      settings: { ...toSettings(parseConfig({})), pollSeconds: STEP_MS / 1000 },
      startSeconds: 10,
      requestsAbove: 0,
    });
    const minutesOf = (ms: number) => Math.floor((ms - START_MS) / 60_000);
    assert.deepEqual(coldHitsAtMs.map(minutesOf), [181]);
    assert.deepEqual(
      sleeps.map(({ fromMs, toMs }) => [minutesOf(fromMs), minutesOf(toMs)]),
      [
        [15, 181],
        [260, 480],
      ],
    );
  });

  it('refuses a query that is none, in its own words', async () => {
    await assert.rejects(
      read('sum('),
      /^CliError: Prometheus at http:\/\/127\.0\.0\.1:\d+: .*parse error.* in query sum\($/,
    );
  });
});
