import { createRecent } from '../core/recent.ts';
import type { Clock } from '../effects/ports.ts';

/** An answer and when it was asked for, in monotonic time. */
export interface Answered<A> {
  readonly answer: A;
  readonly askedAtMs: number;
}

/** Beside an answer: what it takes to know whether it stands. */
interface Remembered<A> extends Answered<A> {
  readonly answeredAtMs: number;
}

interface Running<A> {
  askedAtMs: number | undefined;
  readonly outcome: Promise<Answered<A>>;
}

/** The requests under way for one question; `latest` is the one to join. */
interface Asking<A> {
  latest: Running<A> | undefined;
  count: number;
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
  const remembered = createRecent<Remembered<A>>(deps.maxEntries);
  // Apart from what is remembered: of that there are thousands, of these few.
  const asking = new Map<string, Asking<A>>();
  // Thousands of these are kept: whole numbers need no object of their own.
  const nowMs = () => Math.floor(deps.clock.monotonicMs());

  return {
    recall(key, maxAgeMs) {
      const last = remembered.get(key);
      if (last === undefined) return undefined;
      const stands = deps.isFailure(last.answer)
        ? nowMs() - last.answeredAtMs <= deps.keepFailureMs
        : nowMs() - last.askedAtMs <= maxAgeMs;
      return stands ? last : undefined;
    },

    ask(key, joinMs, question) {
      const latest = asking.get(key)?.latest;
      if (latest && nowMs() - (latest.askedAtMs ?? nowMs()) <= joinMs) return latest.outcome;
      return start(key, question);
    },

    forget(key) {
      remembered.delete(key);
      asking.delete(key);
    },
  };

  function start(key: string, question: (markAsked: () => void) => Promise<A>): Promise<Answered<A>> {
    const all = asking.get(key) ?? { latest: undefined, count: 0 };
    const running: Running<A> = { askedAtMs: undefined, outcome: Promise.resolve().then(run) };
    all.latest = running;
    all.count += 1;
    asking.set(key, all);
    return running.outcome;

    async function run(): Promise<Answered<A>> {
      // False once the question has been forgotten, also where it has been asked again since.
      const isWanted = () => asking.get(key) === all;
      try {
        const answer = await question(() => {
          running.askedAtMs = nowMs();
        });
        const last = { answer, askedAtMs: running.askedAtMs ?? nowMs(), answeredAtMs: nowMs() };
        // A question that was overtaken by a younger one must not undo its answer.
        const before = remembered.get(key);
        if (isWanted() && last.askedAtMs >= (before?.askedAtMs ?? 0)) remembered.set(key, last);
        return last;
      } finally {
        if (all.latest === running) all.latest = undefined;
        all.count -= 1;
        if (all.count === 0 && isWanted()) asking.delete(key);
      }
    }
  }
}
