import type { Socket } from 'node:net';
import type { Clock } from '../effects/ports.ts';
import type { Connection } from './connection.ts';
import { countAnswer } from './dialler.ts';
import { createColdStartRewriter } from './http1/cold-start-header.ts';
import type { Pod } from './pods.ts';
import type { Service } from './service.ts';
import { splice } from './splice.ts';

interface OpenOptions {
  readonly service: Service;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  /** Read from the client before. */
  readonly kept: Buffer | undefined;
  /** Whether the first answer says that the service was asleep. */
  readonly hasHeader: boolean;
  /**
   * Told once how long the pod took to its first byte: from the first that it was sent, or from the connection where it
   * speaks first.
   */
  readonly onFirstByte?: ((seconds: number) => void) | undefined;
  /** Both sides are closed. */
  readonly onOver: () => void;
}

/** Joins a client to the pod that has been dialled, and counts what passes. */
export function openConnection(connection: Connection, options: OpenOptions): void {
  const { service, clock, kept, hasHeader, onFirstByte, onOver } = options;
  const { client } = connection;
  const socket = connection.socket as Socket;
  const pod = connection.pod as Pod;
  const rewriter = hasHeader ? createColdStartRewriter() : undefined;
  service.open++;
  let askedAtMs = clock.monotonicMs();

  const onBytesIn = (chunk: Buffer): Buffer => {
    const nowMs = clock.monotonicMs();
    if (connection.bytesIn === 0) {
      askedAtMs = nowMs;
      // Whoever sends something needs the pods: that ends a drain that has begun.
      service.wake();
    }
    connection.bytesIn += chunk.length;
    service.bytesIn += chunk.length;
    service.lastByteAtMs = nowMs;
    return chunk;
  };
  const onBytesOut = (chunk: Buffer): Buffer => {
    const nowMs = clock.monotonicMs();
    if (connection.bytesOut === 0) {
      countAnswer(connection);
      onFirstByte?.((nowMs - askedAtMs) / 1000);
    }
    connection.bytesOut += chunk.length;
    service.bytesOut += chunk.length;
    service.lastByteAtMs = nowMs;
    return rewriter && !rewriter.isDone() ? rewriter(chunk) : chunk;
  };
  let closed = 0;
  const onClose = () => {
    closed++;
    if (closed < 2) return;
    service.open--;
    onOver();
  };

  client.on('close', onClose);
  socket.on('close', () => {
    pod.open--;
    onClose();
  });
  if (kept && kept.length > 0) socket.write(onBytesIn(kept));
  splice(
    { socket: client, onChunk: onBytesIn },
    { socket, onChunk: onBytesOut, ...(rewriter ? { onEnd: rewriter.rest } : {}) },
    clock.after,
  );
  if (connection.hasEnded) socket.end();
}
