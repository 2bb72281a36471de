import type { Socket } from 'node:net';
import { resetSocket } from './reset-socket.ts';

/** Called with each chunk before it is passed on; gives what to pass on. */
export type OnChunk = (chunk: Buffer) => Buffer;

export interface SpliceEnd {
  readonly socket: Socket;
  readonly onChunk: OnChunk;
  /** Gives what onChunk has kept back, when nothing more will come. */
  readonly onEnd?: () => Buffer;
}

/**
 * Passes bytes between two paused sockets, both with allowHalfOpen, until both are over. A slow receiver slows the sender; the
 * end of one direction and a reset reach the other side as such. There is no time limit: keep-alive probes find dead peers.
 */
export function splice(one: SpliceEnd, other: SpliceEnd): void {
  pass(one, other.socket);
  pass(other, one.socket);
}

function pass({ socket: from, onChunk, onEnd }: SpliceEnd, to: Socket): void {
  from.on('data', (chunk: Buffer) => {
    // The receiver broke after its end: what it said is on the way yet, and to close with bytes unread would reset that.
    if (to.destroyed) return;
    if (!to.write(onChunk(chunk))) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('end', () => {
    const rest = onEnd?.();
    if (rest && rest.length > 0) to.write(rest);
    to.end();
  });
  from.on('close', () => {
    if (!from.readableEnded) resetSocket(to);
    else if (from.errored) to.resume();
  });
  from.resume();
}
