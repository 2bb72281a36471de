import { formatTable } from '../table.ts';
import { formatSeconds } from '../words.ts';
import type { Range } from './history.ts';
import type { ReplayOptions } from './replay.ts';
import { countSleptOver, type Suggestion, type Trial } from './suggest.ts';

const hours = (seconds: number) => `${(seconds / 3600).toFixed(1)}h`;
const secondsOf = ({ startMs, endMs }: Range) => (endMs - startMs) / 1000;
const minute = (ms: number) => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')}Z`;

/** What came out, for people. */
export function tellReplay(
  { asIs, trials, best }: Suggestion,
  options: ReplayOptions,
  { coldHitMinutes }: { readonly coldHitMinutes: number },
): string {
  const { elastiService, range, requestsAbove, startSeconds } = options;
  const total = secondsOf(range);
  const share = (seconds: number) => `${Math.round((100 * seconds) / total)}%`;
  const days = total / 86_400;
  const thresholdsOf = ({ thresholds }: Trial) => thresholds.join(', ');
  const rows = [asIs, ...trials.filter((trial) => trial !== asIs)].map((trial) => [
    formatSeconds(trial.cooldownSeconds),
    thresholdsOf(trial),
    `${hours(trial.asleepSeconds)} (${share(trial.asleepSeconds)})`,
    String(trial.replay.sleeps.length),
    String(trial.replay.coldHitsAtMs.length),
    (trial.replay.coldHitsAtMs.length / days).toFixed(1),
    trial === best ? 'best' : '',
    trial === asIs ? 'as it is' : '',
  ]);
  const head = ['COOLDOWN', 'THRESHOLD', 'ASLEEP', 'SLEEPS', 'COLD HITS', 'A DAY', '', ''];
  const awake = [...asIs.replay.awakeSeconds].filter(([, seconds]) => seconds >= 360).sort(([, a], [, b]) => b - a);
  return [
    `${elastiService.namespace}/${elastiService.name} from ${minute(range.startMs)} to ${minute(range.endMs)}, a step every ${formatSeconds(range.stepMs / 1000)}`,
    '',
    formatTable(head, rows),
    '',
    `As it is, awake for: ${awake.map(([reason, seconds]) => `${reason} ${hours(seconds)}`).join(', ') || 'nothing'}.`,
    tellBest(best, asIs),
    `A cold hit is a request that waits ${formatSeconds(startSeconds)} for a pod; it counts as much as ${formatSeconds(coldHitMinutes * 60)} of sleep.`,
    ...countSleptOver(options).flatMap((count, i) => {
      const all = options.histories[i]?.value.samples.length ?? 1;
      if (count === 0) return [];
      return [
        `Trigger ${i + 1}: ${((100 * count) / all).toFixed(1)}% of its values are above ${requestsAbove} and below its threshold: requests that are slept over, unless --requests-above says that they are none.`,
      ];
    }),
  ].join('\n');
}

function tellBest(best: Trial | undefined, asIs: Trial): string {
  if (best === undefined) return 'Suggested: nothing, since it would never have slept.';
  if (best === asIs) return 'Suggested: what is there already.';
  const thresholds = best.thresholds.some((threshold, i) => threshold !== asIs.thresholds[i])
    ? `, threshold ${best.thresholds.join(', ')}`
    : '';
  return `Suggested: cooldownPeriod ${best.cooldownSeconds}${thresholds}.`;
}

/** The same as fields. */
export function replayJson({ asIs, trials, best }: Suggestion, options: ReplayOptions) {
  const { range, elastiService } = options;
  const json = (trial: Trial) => ({
    cooldownSeconds: trial.cooldownSeconds,
    thresholds: trial.thresholds,
    asleepHours: trial.asleepSeconds / 3600,
    sleeps: trial.replay.sleeps.length,
    coldHits: trial.replay.coldHitsAtMs.length,
    otherWakes: trial.replay.otherWakesAtMs.length,
    score: trial.score,
  });
  return {
    namespace: elastiService.namespace,
    name: elastiService.name,
    from: new Date(range.startMs).toISOString(),
    to: new Date(range.endMs).toISOString(),
    stepSeconds: range.stepMs / 1000,
    hours: secondsOf(range) / 3600,
    asIs: {
      ...json(asIs),
      awakeHours: Object.fromEntries([...asIs.replay.awakeSeconds].map(([r, s]) => [r, s / 3600])),
    },
    trials: trials.map(json),
    suggestion: best === undefined ? null : json(best),
    valuesSleptOver: countSleptOver(options),
  };
}
