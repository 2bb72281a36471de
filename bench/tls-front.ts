import { connect } from 'node:net';
import { createServer, type Server } from 'node:tls';

/** Speaks TLS for a port of loopback that does not; `pem` holds key and certificate. Not listening yet. */
export const createTlsFront = (pem: string, insidePort: number): Server =>
  createServer({ key: pem, cert: pem }, (socket) => {
    const inner = connect(insidePort, '127.0.0.1');
    socket.on('error', () => inner.destroy()).pipe(inner);
    inner.on('error', () => socket.destroy()).pipe(socket);
  });
