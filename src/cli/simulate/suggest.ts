import type { ElastiServiceSpec } from '../../api/elastiservice.ts';
import { type Replay, type ReplayOptions, replay } from './replay.ts';

/** One set of values tried on the past. */
export interface Trial {
  readonly cooldownSeconds: number;
  /** One for each trigger. */
  readonly thresholds: readonly number[];
  readonly replay: Replay;
  readonly asleepSeconds: number;
  /** Minutes of sleep, less what each cold hit counts for. */
  readonly score: number;
}

export interface Suggestion {
  readonly asIs: Trial;
  /** By their cooldowns, that of the spec among them. */
  readonly trials: readonly Trial[];
  /** The best of all; undefined where nothing ever sleeps. */
  readonly best: Trial | undefined;
}

const COOLDOWNS_SECONDS = [60, 300, 600, 900, 1800, 3600, 7200, 14_400];

/** Tries several cooldowns on the past, with thresholds that no request falls below. */
export function suggest(options: ReplayOptions, { coldHitMinutes }: { readonly coldHitMinutes: number }): Suggestion {
  const { spec } = options.elastiService;
  const given = spec.triggers.map(({ metadata }) => Number(metadata.threshold));
  const lowered = given.map((threshold, i) => suggestThreshold(threshold, i, options));
  const tryWith = (cooldownSeconds: number, thresholds: readonly number[]): Trial => {
    const elastiService = { ...options.elastiService, spec: withValues(spec, cooldownSeconds, thresholds) };
    const replayed = replay({ ...options, elastiService });
    const asleepMs = replayed.sleeps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
    const score = asleepMs / 60_000 - replayed.coldHitsAtMs.length * coldHitMinutes;
    return { cooldownSeconds, thresholds, replay: replayed, asleepSeconds: asleepMs / 1000, score };
  };
  const asIs = tryWith(spec.cooldownPeriod, given);
  const isSame = lowered.every((threshold, i) => threshold === given[i]);
  const cooldowns = [...new Set([...COOLDOWNS_SECONDS, spec.cooldownPeriod])].sort((a, b) => a - b);
  const trials = cooldowns.map((seconds) =>
    isSame && seconds === spec.cooldownPeriod ? asIs : tryWith(seconds, lowered),
  );
  const sleeping = [asIs, ...trials].filter(({ asleepSeconds }) => asleepSeconds > 0);
  // Of equals the first: what is there already stays.
  const best = sleeping.reduce<Trial | undefined>((a, b) => (a === undefined || b.score > a.score ? b : a), undefined);
  return { asIs, trials, best };
}

/** The threshold itself, or one that the smallest sign of a request reaches. */
function suggestThreshold(threshold: number, trigger: number, { histories, requestsAbove }: ReplayOptions): number {
  const smallest = smallestRequest(histories[trigger]?.value.samples ?? [], requestsAbove);
  if (smallest === undefined || smallest >= threshold) return threshold;
  return Number(((requestsAbove + smallest) / 2).toPrecision(2));
}

/** The smallest value that means a request. */
function smallestRequest(samples: readonly unknown[], requestsAbove: number): number | undefined {
  let smallest: number | undefined;
  for (const sample of samples) {
    if (typeof sample === 'number' && sample > requestsAbove && sample < (smallest ?? Number.POSITIVE_INFINITY)) {
      smallest = sample;
    }
  }
  return smallest;
}

/** How many samples mean a request and are below the threshold all the same: each is slept over. */
export function countSleptOver({ histories, requestsAbove, elastiService }: ReplayOptions): readonly number[] {
  return histories.map(({ value }, i) => {
    const threshold = Number(elastiService.spec.triggers[i]?.metadata.threshold);
    return value.samples.filter((s) => typeof s === 'number' && s > requestsAbove && s < threshold).length;
  });
}

function withValues(spec: ElastiServiceSpec, cooldownPeriod: number, thresholds: readonly number[]): ElastiServiceSpec {
  const triggers = spec.triggers.map((trigger, i) => ({
    ...trigger,
    metadata: { ...trigger.metadata, threshold: thresholds[i] ?? trigger.metadata.threshold },
  }));
  return { ...spec, cooldownPeriod, triggers };
}
