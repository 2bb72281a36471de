import type { Parent } from '../../api/hooks.ts';
import type { Settings } from '../../core/types.ts';
import type { Clock, Logger, Random, SightCluster } from '../ports.ts';
import type { MakePreview } from './preview.ts';
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
/** Metacontroller syncs by itself after a change of the ElastiService; at least this long it is left to it. */
const OF_ITSELF_MS = 500;
const FIRST_BACKOFF_MS = 1000;
/** So often it may be another difference each time before that is taken for the same trouble. */
const FREE_TRIES = 5;
/** So many answers are waited for at once; Metacontroller has 50 workers. What comes beside them would only wait in its queue. */
const MAX_OPEN = 100;
/** Of how long an answer takes, what each new one counts for, as in the round trips of TCP (RFC 6298). */
const NEW_SHARE = 1 / 8;
const CALL_TIMEOUT_MS = 2000;
/** Nearly all of them wait for a server, and hold nothing meanwhile. */
const MAX_AT_ONCE = 500;

interface Tries {
  readonly difference: string;
  /** When the last nudge was written, and how long its answer was then thought to take at most. */
  readonly atMs: number;
  readonly patienceMs: number;
  readonly count: number;
}

/**
 * Level-triggered: each ElastiService of this replica's share is tried out whenever something changed, and when its answer may differ
 * by time alone. What is lost here costs time, and never safety: whatever a sync does it decides on its own.
 *
 * Metacontroller says nothing of what is in its queue, and a second nudge for what waits there is a second sync, after one whose
 * status meets a conflict. So a nudge is open until the answer differs in another way, only so many are at once, and how long to wait
 * before the next try follows from how long answers take.
 */
export function createNudges(deps: NudgesDeps): Nudges {
  const { sight, settings, clock, random, log, preview, isMine, cluster } = deps;
  const pollMs = settings.pollSeconds * 1000;
  const timetable = createTimetable();
  const tries = new Map<string, Tries>();
  const underWay = new Map<string, { again: boolean }>();
  /** Nudges without an answer yet, and whether our own write has come back by our watch. */
  const open = new Map<string, { isSeen: boolean }>();
  /** Until when, in ms, only triggers need to be read of those that are kept awake by one. */
  const restingUntil = new Map<string, number>();
  /** In need of a nudge, the first that came first; and those that have their turn. */
  const waiting = new Set<string>();
  const called = new Set<string>();
  let answerMs = 0;
  let resolverChanges = 0;
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

  /** One in each turn of the event loop: wakes and syncs that have come in meanwhile go before what is only tried out. */
  const tick = () => {
    armedMs = Number.POSITIVE_INFINITY;
    callOff = undefined;
    const key = timetable.take(clock.monotonicMs());
    if (key !== undefined) void look(key);
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
    called.delete(key);
    if (againInMs !== undefined) schedule(key, run.again ? SETTLE_MS : againInMs);
    else arm();
    callNext();
  };

  const callNext = () => {
    for (const key of waiting) {
      if (open.size + called.size >= MAX_OPEN) return;
      waiting.delete(key);
      called.add(key);
      schedule(key, 0);
    }
  };

  /** Gives after how long to look again; undefined: it is gone. */
  const tryOut = async (key: string): Promise<number | undefined> => {
    const uid = sight.mirror.parent(key)?.metadata.uid;
    if (uid === undefined) {
      forget(key);
      timetable.forget(key);
      return undefined;
    }
    const isUnheardOf = clock.monotonicMs() < (restingUntil.get(key) ?? 0);
    const changesBefore = resolverChanges;
    // Whoever has it by then may be gone.
    const found = isMine(uid) ? await preview(key, { isUnheardOf }) : undefined;
    // What was heard of meanwhile may not be in it.
    const isHeardOf = underWay.get(key)?.again || resolverChanges > changesBefore;
    if (found !== undefined && found.activeForSeconds !== 'asBefore') {
      const seconds = isHeardOf ? undefined : found.activeForSeconds;
      if (seconds === undefined) restingUntil.delete(key);
      else restingUntil.set(key, Math.floor(clock.monotonicMs() + seconds * 1000));
    }
    if (found?.difference !== undefined) {
      const parent = sight.mirror.parent(key);
      if (parent !== undefined) return nudgeFor(key, parent, found.difference);
    }
    forget(key);
    return Math.min(pollMs, (found?.againInSeconds ?? settings.pollSeconds) * 1000);
  };

  const forget = (key: string) => {
    close(key);
    tries.delete(key);
    waiting.delete(key);
  };

  const nudgeFor = async (key: string, { metadata }: Parent, difference: string): Promise<number> => {
    const before = tries.get(key);
    const nowMs = clock.monotonicMs();
    const leftMs = before === undefined ? 0 : before.atMs + backoffMs(before, difference) - nowMs;
    if (before?.difference !== difference || leftMs <= 0) close(key);
    if (leftMs > 0) return leftMs;
    if (!called.has(key) && (waiting.size > 0 || open.size + called.size >= MAX_OPEN)) {
      waiting.add(key);
      return pollMs;
    }
    const count = (before?.count ?? 0) + 1;
    const now: Tries = { difference, atMs: nowMs, patienceMs: Math.max(FIRST_BACKOFF_MS, 2 * answerMs), count };
    tries.set(key, now);
    open.set(key, { isSeen: false });
    const { namespace, name, uid } = metadata;
    const token = random.uuid().slice(-12);
    try {
      const value = makeNudge(sight, namespace, settings, token);
      await cluster.writeNudge({ namespace, name, uid }, value, { timeoutMs: CALL_TIMEOUT_MS });
      deps.onNudge?.('written');
    } catch (error) {
      open.delete(key);
      deps.onNudge?.('failed');
      log.warn({ namespace, elastiService: name, err: error }, 'cannot ask Metacontroller for a sync');
    }
    return backoffMs(now, difference);
  };

  /** It has its answer, or is not waited for any longer. Of a second try nobody can tell which of them was answered. */
  const close = (key: string) => {
    const last = tries.get(key);
    if (!open.delete(key) || last?.count !== 1) return;
    answerMs += (clock.monotonicMs() - last.atMs - answerMs) * NEW_SHARE;
  };

  const backoffMs = (before: Tries, difference: string): number => {
    const steps = before.difference === difference ? before.count - 1 : Math.max(0, before.count - FREE_TRIES);
    return Math.min(pollMs, before.patienceMs * 2 ** Math.min(steps, 20));
  };

  const changed = (key: string, inMs: number) => {
    if (!isStarted) return;
    restingUntil.delete(key);
    const running = underWay.get(key);
    if (running) running.again = true;
    else schedule(key, inMs);
  };

  const spread = () => {
    for (const key of sight.mirror.parentKeys()) schedule(key, pollMs * random.next());
  };

  const parentChanged = (key: string) => {
    const nudge = open.get(key);
    if (nudge === undefined) changed(key, Math.min(pollMs, Math.max(OF_ITSELF_MS, answerMs)));
    else if (nudge.isSeen) changed(key, SETTLE_MS);
    else nudge.isSeen = true;
  };

  return {
    related: (key) => changed(key, SETTLE_MS),
    parent: parentChanged,
    start: () => {
      isStarted = true;
      spread();
    },
    resolversChanged: () => {
      restingUntil.clear();
      resolverChanges++;
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
