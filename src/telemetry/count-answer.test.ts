import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import type { ElastiServiceStatus } from '../api/elastiservice.ts';
import { parseElastiService } from '../core/observe.ts';
import { requestOf, WORLD } from '../core/testing/world.ts';
import { countAnswer } from './count-answer.ts';
import { createMetrics } from './metrics.ts';

const ASLEEP = { phase: 'Asleep', phaseSince: '2026-03-01T10:00:00.000Z' } as const;

/** The pod-seconds that count as saved once the status, of a target with two replicas, has become another. */
async function savedBy(before: ElastiServiceStatus | undefined, status: ElastiServiceStatus): Promise<string> {
  const elastiService = parseElastiService(requestOf({ ...WORLD, status: before }).parent);
  if ('invalid' in elastiService) throw new Error(elastiService.invalid);
  const metrics = createMetrics({ monotonicMs: () => 0 });
  countAnswer(metrics, { hook: 'sync', elastiService, status, seconds: 0.01, isFinalized: false });
  const lines = await text((await metrics.expose()).body);
  return lines.split('\n').find((line) => line.startsWith('elasti_saved_pod_seconds_total')) ?? '';
}

test('the end of a sleep counts its length for each replica that it saved', async () => {
  const waking = { phase: 'Waking', phaseSince: '2026-03-01T11:00:00.000Z' } as const;
  assert.equal(await savedBy(ASLEEP, waking), 'elasti_saved_pod_seconds_total 7200');
});

test('nothing counts while it sleeps, where it did not, or by a clock that is behind', async () => {
  const serving = { phase: 'Serving', phaseSince: '2026-03-01T09:59:00.000Z' } as const;
  for (const [before, after] of [
    [ASLEEP, ASLEEP],
    [serving, ASLEEP],
    [undefined, serving],
    [ASLEEP, serving],
    [{ phase: 'Asleep' }, serving],
  ] as const) {
    assert.equal(await savedBy(before, after), 'elasti_saved_pod_seconds_total 0');
  }
});
