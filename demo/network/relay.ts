import { connect, type Socket } from 'node:net';
import { resetSocket } from '../../src/resolver/reset-socket.ts';
import { splice } from '../../src/resolver/splice.ts';
import { systemClock } from '../../src/system.ts';
import { HOST } from './ports.ts';

/** Told of what one connection does; calls must not throw. */
export interface ConnectionWatcher {
  clientSent(): void;
  backendSent(chunk: Buffer): void;
  /** Both sides are over; isCut: the backend broke it, or was never reached. */
  ended(how: { readonly isCut: boolean }): void;
}

/** Carries a client's connection, paused and able to be half open, to a port of the loopback address. */
export function relay(client: Socket, realPort: number, watcher: ConnectionWatcher): { cut(): void } {
  const backend = connect({ host: HOST, port: realPort, allowHalfOpen: true, noDelay: true });
  let isCut = false;
  let closed = 0;
  const onClose = () => {
    closed += 1;
    if (closed === 2) watcher.ended({ isCut });
  };
  client.on('error', () => {});
  client.on('close', onClose);
  // What the client broke off comes back from the backend as an error of its own.
  backend.on('error', () => {
    isCut ||= !client.destroyed;
  });
  backend.on('close', onClose);
  splice(
    {
      socket: client,
      onChunk: (chunk) => {
        watcher.clientSent();
        return chunk;
      },
    },
    {
      socket: backend,
      onChunk: (chunk) => {
        watcher.backendSent(chunk);
        return chunk;
      },
    },
    systemClock.after,
  );
  return {
    cut: () => {
      isCut ||= !client.destroyed;
      resetSocket(client);
      resetSocket(backend);
    },
  };
}
