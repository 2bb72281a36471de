import type { Settings } from '../../core/types.ts';
import type { Clock, Logger, Random, SightCluster } from '../ports.ts';
import { createTokenBucket } from '../token-bucket.ts';
import type { MakePreview, Preview } from './preview.ts';
import type { IsMine } from './shares.ts';
import { makeNudge, type Sight } from './sight.ts';
import { createTimetable } from './timetable.ts';

export interface NudgesDeps {
  readonly sight: Sight;
  readonly settings: Settings;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly random: Random;
  readonly log: Logger;
  readonly preview: MakePreview;
  readonly isMine: IsMine;
  readonly cluster: Pick<SightCluster, 'writeNudge'>;
  /** Told of each nudge that was written, or could not be. */
  readonly onNudge?: ((outcome: 'written' | 'failed') => void) | undefined;
  readonly onBug?: (error: unknown) => void;
}

/** Asks Metacontroller for a sync wherever its answer would differ from what is so. */
export interface Nudges {
  /** Begins, with all that there is by then spread over a poll. What changes before is part of that. */
  start(): void;
  /** Something that the ElastiService rests on changed. */
  related(key: string): void;
  /** It changed itself, of which Metacontroller hears too; or it came, or went. */
  parent(key: string): void;
  /** Resolvers came or went: those whose traffic goes there are looked at now, the others with their next poll. */
  resolversChanged(): void;
  /** Replicas came or went, so that others are ours. */
  shareChanged(): void;
  stop(): void;
}

/** Until what belongs together has come in. */
const SETTLE_MS = 5;
/** Metacontroller syncs by itself after a change of the ElastiService; this long it is left to it. */
const OF_ITSELF_MS = 500;
const FIRST_BACKOFF_MS = 1000;
/** So often it may be another difference each time before that is taken for the same trouble. */
const FREE_TRIES = 5;
/** Of all nudges of a replica; Metacontroller and the API server bear some three hundred syncs a second. */
const RATE = { perSecond: 100, burst: 100 };
const OVER_RATE_MS = 200;
const CALL_TIMEOUT_MS = 2000;
const MAX_AT_ONCE = 200;

interface Tries {
  readonly difference: string;
  readonly atMs: number;
  readonly count: number;
}

/**
 * Level-triggered: each ElastiService of this replica's share is tried out whenever something changed, and when its answer may differ
 * by time alone. What is lost here costs time, and never safety: whatever a sync does it decides on its own.
 */
export function createNudges(deps: NudgesDeps): Nudges {
  const { sight, settings, clock, random, log, preview, isMine, cluster } = deps;
  const pollMs = settings.pollSeconds * 1000;
  const timetable = createTimetable();
  const tries = new Map<string, Tries>();
  const underWay = new Map<string, { again: boolean }>();
  const takeToken = createTokenBucket(clock, RATE);
  let callOff: (() => void) | undefined;
  let armedMs = Number.POSITIVE_INFINITY;
  let isStarted = false;
  let isStopped = false;

  const arm = () => {
    const nextMs = timetable.nextMs();
    if (isStopped || nextMs === undefined || underWay.size >= MAX_AT_ONCE || nextMs >= armedMs) return;
    callOff?.();
    armedMs = nextMs;
    callOff = clock.after(Math.max(0, nextMs - clock.monotonicMs()), tick);
  };

  const tick = () => {
    armedMs = Number.POSITIVE_INFINITY;
    callOff = undefined;
    while (underWay.size < MAX_AT_ONCE) {
      const key = timetable.take(clock.monotonicMs());
      if (key === undefined) break;
      void look(key);
    }
    arm();
  };

  const schedule = (key: string, inMs: number) => {
    timetable.hasten(key, clock.monotonicMs() + inMs);
    arm();
  };

  const look = async (key: string): Promise<void> => {
    const running = underWay.get(key);
    if (running !== undefined) {
      running.again = true;
      return;
    }
    const run = { again: false };
    underWay.set(key, run);
    let againInMs: number | undefined = pollMs;
    try {
      againInMs = await tryOut(key);
    } catch (error) {
      deps.onBug?.(error);
    }
    underWay.delete(key);
    if (againInMs !== undefined) schedule(key, run.again ? SETTLE_MS : againInMs);
    else arm();
  };

  /** Gives after how long to look again; undefined: it is gone. */
  const tryOut = async (key: string): Promise<number | undefined> => {
    const parent = sight.mirror.parent(key);
    if (parent === undefined) {
      tries.delete(key);
      return undefined;
    }
    if (!isMine(parent.metadata.uid)) {
      tries.delete(key);
      // Whoever has it by then may be gone.
      return pollMs;
    }
    const found = await preview(key);
    if (found?.difference === undefined) {
      tries.delete(key);
      return Math.min(pollMs, (found?.againInSeconds ?? settings.pollSeconds) * 1000);
    }
    return nudgeFor(key, found, found.difference);
  };

  const nudgeFor = async (key: string, { parent }: Preview, difference: string): Promise<number> => {
    const before = tries.get(key);
    const nowMs = clock.monotonicMs();
    const leftMs = before === undefined ? 0 : before.atMs + backoffMs(before, difference) - nowMs;
    if (leftMs > 0) return leftMs;
    if (!takeToken()) return OVER_RATE_MS * (1 + random.next());
    const count = (before?.count ?? 0) + 1;
    tries.set(key, { difference, atMs: nowMs, count });
    const { namespace, name, uid } = parent.metadata;
    const token = random.uuid().slice(-12);
    try {
      const value = makeNudge(sight, namespace, settings, token);
      await cluster.writeNudge({ namespace, name, uid }, value, { timeoutMs: CALL_TIMEOUT_MS });
      deps.onNudge?.('written');
    } catch (error) {
      deps.onNudge?.('failed');
      log.warn({ namespace, elastiService: name, err: error }, 'cannot ask Metacontroller for a sync');
    }
    return backoffMs({ difference, atMs: nowMs, count }, difference);
  };

  const backoffMs = (before: Tries, difference: string): number => {
    const steps = before.difference === difference ? before.count - 1 : Math.max(0, before.count - FREE_TRIES);
    return Math.min(pollMs, FIRST_BACKOFF_MS * 2 ** Math.min(steps, 20));
  };

  const changed = (key: string, inMs: number) => {
    if (!isStarted) return;
    const running = underWay.get(key);
    if (running) running.again = true;
    else schedule(key, inMs);
  };

  const spread = () => {
    for (const key of sight.mirror.parentKeys()) schedule(key, pollMs * random.next());
  };

  return {
    related: (key) => changed(key, SETTLE_MS),
    parent: (key) => changed(key, OF_ITSELF_MS),
    start: () => {
      isStarted = true;
      spread();
    },
    resolversChanged: () => {
      for (const key of sight.mirror.parentKeys()) if (sight.mirror.isRedirected(key)) changed(key, SETTLE_MS);
    },
    shareChanged: () => {
      if (isStarted) spread();
    },
    stop: () => {
      isStopped = true;
      callOff?.();
    },
  };
}
