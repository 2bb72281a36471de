import type { Socket } from 'node:net';
import type { Clock } from '../effects/ports.ts';
import { KEEP_ALIVE_DELAY_MS, UNHEARD_MS } from './limits.ts';
import { resetSocket } from './reset-socket.ts';

const NOTHING = Buffer.alloc(0);

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
 * end of one direction and a reset reach the other side as such. There is no time limit while both are there: keep-alive probes find
 * dead peers.
 */
export function splice(one: SpliceEnd, other: SpliceEnd, after: Clock['after']): void {
  pass(one, other.socket, after);
  pass(other, one.socket, after);
}

function pass({ socket: from, onChunk, onEnd }: SpliceEnd, to: Socket, after: Clock['after']): void {
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
    if (!to.readableEnded) keepLooking(from, after);
  });
  from.on('close', () => {
    if (!from.readableEnded) resetSocket(to);
    else if (from.errored) leaveUnheard(to, after);
  });
  from.resume();
}

/** Nothing more is read of it, so that only a write tells what keep-alive probes have found. */
function keepLooking(socket: Socket, after: Clock['after']): void {
  const look = () => {
    if (!socket.writable) return;
    socket.write(NOTHING);
    callOff = after(KEEP_ALIVE_DELAY_MS, look);
  };
  let callOff = after(KEEP_ALIVE_DELAY_MS, look);
  socket.on('close', () => callOff());
}

/** Nobody is there any more to hear what it says: it may go on until it has all that was said to it, and a while longer. */
function leaveUnheard(socket: Socket, after: Clock['after']): void {
  socket.resume();
  const linger = () => {
    if (!socket.closed)
      socket.on(
        'close',
        after(UNHEARD_MS, () => socket.destroy()),
      );
  };
  if (socket.writableFinished) linger();
  else socket.once('finish', linger);
}
