import type { Socket } from 'node:net';
import type { ColdStartTrace } from './cold-start-traces.ts';
import type { RefusalReason } from './events.ts';
import type { Fifo, Queued } from './fifo.ts';
import type { Pod } from './pods.ts';

/** A client's connection and what became of it so far. A class, because thousands wait at once. */
export class Connection implements Queued {
  list: Fifo<never> | undefined = undefined;
  previous: Queued | undefined = undefined;
  next: Queued | undefined = undefined;

  readonly client: Socket;
  /** When it came to the list that it is in. */
  sinceMs: number;
  /** When it came to wait for a pod, however often it changed lists since. */
  waitsSinceMs: number;
  /** Bytes read that no pod has had yet. */
  kept: Buffer | undefined = undefined;
  /** The client will send nothing more. */
  hasEnded = false;
  /** Counted among those that their service holds. */
  isHeld = false;
  /** Counted among those that have not reached a pod. */
  isWaiting = true;
  /** Why it may not wait, told as soon as it is known in which words. */
  refusal: RefusalReason | undefined = undefined;

  /** The pod that is being dialled or has been reached. */
  pod: Pod | undefined = undefined;
  socket: Socket | undefined = undefined;
  isOpen = false;
  dials = 0;
  /** Since when it is counted as unanswered with its pod. */
  unansweredSinceMs: number | undefined = undefined;
  /** Of those that are held, where it is traced. */
  trace: ColdStartTrace | undefined = undefined;
  bytesIn = 0;
  bytesOut = 0;

  constructor(client: Socket, nowMs: number) {
    this.client = client;
    this.sinceMs = nowMs;
    this.waitsSinceMs = nowMs;
  }
}
