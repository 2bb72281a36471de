import type { Outcome } from '../outcome.ts';

/** One connection for all that a client has to say. */
export interface Kept {
  /** Says one more thing, whether earlier ones were answered or not; never throws. */
  say(): Promise<Outcome>;
  /** Says no more and leaves in good order once all is answered; what comes of it where the other side has to agree. */
  leave(): Promise<Outcome> | undefined;
  /** The other side asked to be left, or is gone: what comes next has to be said on another connection. */
  readonly isSpent: boolean;
}
