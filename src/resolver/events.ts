import type { Claim } from './ports.ts';

/** Why a connection was turned away: its service or all services together hold too much, or it was held too long. */
export type RefusalReason = 'connections' | 'bytes' | 'hold-time' | 'closing';

/** What a connection speaks, by its first bytes; a warm one is passed on without being looked at. */
export type Protocol = 'http1' | 'http2' | 'tls' | 'other' | 'unseen';

/** What the data path tells about itself, for metrics and logs. Calls must not throw and must be cheap. */
export interface ResolverEvents {
  /** A connection waits for its service. */
  held(claim: Claim): void;
  /** Its client went away meanwhile. */
  left(claim: Claim): void;
  /**
   * A connection reached a pod. addedSeconds is what it waited after there was a ready pod; heldSeconds all it waited,
   * undefined where a pod was ready when it came.
   */
  released(
    claim: Claim,
    how: { readonly addedSeconds: number; readonly heldSeconds: number | undefined; readonly protocol: Protocol },
  ): void;
  /** The first byte came from the pod to a connection that was held; seconds since it was asked. */
  firstByte(claim: Claim, how: { readonly seconds: number }): void;
  /** A connection that had reached a pod is over. */
  ended(claim: Claim, total: { readonly bytesIn: number; readonly bytesOut: number; readonly seconds: number }): void;
  refused(claim: Claim, reason: RefusalReason): void;
  /** A request was answered without a pod. */
  answered(claim: Claim, how: { readonly kind: 'probe' | 'waiting-page'; readonly status: number }): void;
  /** A pod that should be ready could not be dialled. */
  dialFailed(claim: Claim, code: string): void;
  wakeEnded(claim: Claim, how: { readonly isSent: boolean; readonly seconds: number }): void;
  listenFailed(claim: Claim, error: Error): void;
}

/** For who wants to hear nothing. */
export const noEvents: ResolverEvents = {
  held: () => {},
  left: () => {},
  released: () => {},
  firstByte: () => {},
  ended: () => {},
  refused: () => {},
  answered: () => {},
  dialFailed: () => {},
  wakeEnded: () => {},
  listenFailed: () => {},
};
