import { writeFileSync } from 'node:fs';
import { parseConfig, toSettings } from '../../config.ts';
import { uptimeQuery } from '../../triggers/prometheus-query.ts';
import { CliError, EXIT } from '../cli-error.ts';
import { type Prometheus, type Range, readHistory } from '../simulate/history.ts';
import { readManifest } from '../simulate/manifest.ts';
import type { ReplayOptions } from '../simulate/replay.ts';
import { replayJson, tellReplay } from '../simulate/report.ts';
import { suggest } from '../simulate/suggest.ts';
import { drawReplay } from '../simulate/svg.ts';
import { formatSeconds } from '../words.ts';
import { done, type Outcome } from './outcome.ts';

export interface SimulateOptions {
  readonly file: string;
  readonly prometheus: Prometheus;
  readonly days: number;
  readonly pollSeconds: number;
  readonly startSeconds: number;
  readonly requestsAbove: number;
  readonly coldHitMinutes: number;
  /** Where the picture goes, if one is wanted. */
  readonly svg: string | undefined;
  readonly now: Date;
}

/** Replays the past of an ElastiService that need not exist yet, and says what would have come of it. */
export async function simulate(options: SimulateOptions): Promise<Outcome> {
  const { prometheus, pollSeconds, coldHitMinutes } = options;
  const elastiService = readManifest(options.file);
  const range = rangeOf(options);
  const histories = [];
  // One after the other: each may be a heavy question.
  for (const { metadata } of elastiService.spec.triggers) {
    const value = await readHistory(prometheus, metadata.query, range);
    histories.push({ value, uptime: await readHistory(prometheus, uptimeQuery(metadata.uptimeFilter, 0), range) });
  }
  const { startSeconds, requestsAbove } = options;
  const settings = { ...toSettings(parseConfig({})), pollSeconds };
  const replaying: ReplayOptions = { elastiService, histories, range, settings, startSeconds, requestsAbove };
  const suggestion = suggest(replaying, { coldHitMinutes });
  if (options.svg !== undefined) {
    const { asIs, best } = suggestion;
    const panels = [{ title: `as it is: cooldown ${formatSeconds(asIs.cooldownSeconds)}`, replay: asIs.replay }];
    if (best !== undefined && best !== asIs) {
      panels.push({ title: `suggested: cooldown ${formatSeconds(best.cooldownSeconds)}`, replay: best.replay });
    }
    writePicture(options.svg, drawReplay(`${elastiService.namespace}/${elastiService.name}`, panels, range));
  }
  return done(tellReplay(suggestion, replaying, { coldHitMinutes }), replayJson(suggestion, replaying));
}

/** Whole steps, as Prometheus aligns those of a window. */
function rangeOf({ now, days, pollSeconds }: SimulateOptions): Range {
  const stepMs = pollSeconds * 1000;
  const endMs = Math.floor(now.getTime() / stepMs) * stepMs;
  return { startMs: endMs - Math.round((days * 86_400_000) / stepMs) * stepMs, endMs, stepMs };
}

function writePicture(path: string, picture: string): void {
  try {
    writeFileSync(path, picture);
  } catch (cause) {
    throw new CliError(EXIT.usage, `${path} cannot be written`, { cause });
  }
}
