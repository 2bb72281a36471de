import { createRecent } from '../core/recent.ts';
import type { Clock } from '../effects/ports.ts';

/** An answer and when it was asked for, in monotonic time. */
export interface Answered<A> {
  readonly answer: A;
  readonly askedAtMs: number;
}

interface Running<A> {
  askedAtMs: number | undefined;
  readonly outcome: Promise<Answered<A>>;
}

interface Entry<A> {
  last?: Answered<A> & { readonly answeredAtMs: number };
  running?: Running<A>;
}

export interface Answers<A> {
  /** The remembered answer if it was asked for at most maxAgeMs ago, or is a failure that still stands. */
  recall(key: string, maxAgeMs: number): Answered<A> | undefined;
  /**
   * Asks, or joins whoever is asking the same: any question still waiting to be sent, or one sent at most joinMs ago.
   * `question` calls markAsked when its request really leaves.
   */
  ask(key: string, joinMs: number, question: (markAsked: () => void) => Promise<A>): Promise<Answered<A>>;
  forget(key: string): void;
}

/** Remembers the latest answers of at most maxEntries questions. */
export function createAnswers<A>(deps: {
  readonly clock: Clock;
  readonly maxEntries: number;
  /** So long a failure stands, however young an answer is wanted. */
  readonly keepFailureMs: number;
  readonly isFailure: (answer: A) => boolean;
}): Answers<A> {
  const entries = createRecent<Entry<A>>(deps.maxEntries);
  const nowMs = () => deps.clock.monotonicMs();

  return {
    recall(key, maxAgeMs) {
      const last = entries.get(key)?.last;
      if (last === undefined) return undefined;
      const stands = deps.isFailure(last.answer)
        ? nowMs() - last.answeredAtMs <= deps.keepFailureMs
        : nowMs() - last.askedAtMs <= maxAgeMs;
      return stands ? last : undefined;
    },

    ask(key, joinMs, question) {
      const entry = entries.get(key) ?? {};
      entries.set(key, entry);
      const { running } = entry;
      if (running && nowMs() - (running.askedAtMs ?? nowMs()) <= joinMs) return running.outcome;
      return start(entry, question);
    },

    forget: (key) => entries.delete(key),
  };

  function start(entry: Entry<A>, question: (markAsked: () => void) => Promise<A>): Promise<Answered<A>> {
    const running: Running<A> = { askedAtMs: undefined, outcome: Promise.resolve().then(run) };
    entry.running = running;
    return running.outcome;

    async function run(): Promise<Answered<A>> {
      try {
        const answer = await question(() => {
          running.askedAtMs = nowMs();
        });
        const last = { answer, askedAtMs: running.askedAtMs ?? nowMs(), answeredAtMs: nowMs() };
        // A question that was overtaken by a younger one must not undo its answer.
        if (last.askedAtMs >= (entry.last?.askedAtMs ?? 0)) entry.last = last;
        return last;
      } finally {
        if (entry.running === running) delete entry.running;
      }
    }
  }
}
