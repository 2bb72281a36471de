import type { ElastiServiceSpec } from '../../api/elastiservice.ts';
import type { TriggerReading } from '../../core/types.ts';
import { REASONS, type Reason } from '../../triggers/reasons.ts';
import { type Sample, type Series, sampleAt, samplesWithin } from './history.ts';

/** The history of one trigger: what its query gave, and whether Prometheus was up. */
export interface TriggerHistory {
  readonly value: Series;
  readonly uptime: Series;
}

type Threshold = ElastiServiceSpec['triggers'][number]['metadata']['threshold'];

const reading = (state: TriggerReading['state'], reason: Reason): TriggerReading => ({
  state,
  reason,
  message: REASONS[reason],
  ageSeconds: 0,
});

/** What a trigger read at a time in the past. */
export function readingAt({ value }: TriggerHistory, threshold: Threshold, atMs: number): TriggerReading {
  return judge(sampleAt(value, atMs), Number(threshold));
}

/** What the proof over a window said at a time in the past. */
export function proofAt(
  history: TriggerHistory,
  threshold: Threshold,
  { atMs, windowSeconds }: { readonly atMs: number; readonly windowSeconds: number },
): TriggerReading {
  const now = readingAt(history, threshold, atMs);
  if (now.state !== 'idle') return now;
  // max_over_time passes over what is missing, or no number.
  const within = samplesWithin(history.value, atMs, windowSeconds);
  const wasActive = within.some((sample) => typeof sample === 'number' && sample >= Number(threshold));
  if (wasActive) return reading('active', 'ActiveWithinCooldown');
  const wasUp = samplesWithin(history.uptime, atMs, windowSeconds).every((sample) => sample === 1);
  return wasUp ? now : reading('failed', 'PrometheusWasDown');
}

function judge(sample: Sample, threshold: number): TriggerReading {
  if (typeof sample === 'string') return reading('failed', sample);
  return sample < threshold ? reading('idle', 'BelowThreshold') : reading('active', 'AtOrAboveThreshold');
}
