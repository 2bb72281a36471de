import type { Socket } from 'node:net';

/**
 * Resets a connection. While its end is being sent libuv refuses to (UV_EINVAL) and Node.js would then keep the descriptor
 * for good, so that such a one is closed.
 */
export function resetSocket(socket: Socket): void {
  if (socket.writableEnded && !socket.closed) socket.destroy();
  else socket.resetAndDestroy();
}
