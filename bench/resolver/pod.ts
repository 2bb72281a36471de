import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { serveParent } from '../child.ts';
import { machineMs } from './clock.ts';

// A pod that costs next to nothing. Each chunk that begins with G is answered with an HTTP response, D<bytes> with so many
// bytes; U begins an upload, whose end is answered with its size.

interface Question {
  readonly listen?: number;
  /** Notes from now on when each request came. */
  readonly notes?: true;
}

/** What it answers, whatever was asked. */
export interface Answer {
  readonly port: number;
  /** When it read each request, by the clock of the machine; ends the notes. */
  readonly readAtMs: readonly number[];
}

const BODY = 'x'.repeat(100);
const RESPONSE = Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n\r\n${BODY}`);
const BLOCK = Buffer.alloc(64 * 1024, 120);

let notes: number[] | undefined;
const server = createServer({ noDelay: true, allowHalfOpen: true }, serve);

serveParent(async ({ listen, notes: begins }: Question): Promise<Answer> => {
  if (listen !== undefined) {
    server.listen({ port: listen, host: '127.0.0.1', backlog: 65_535 });
    await once(server, 'listening');
  }
  const readAtMs = notes ?? [];
  notes = begins && [];
  return { port: (server.address() as AddressInfo).port, readAtMs };
});

function serve(socket: Socket): void {
  let taken = 0;
  let isUpload = false;
  socket.on('error', () => {});
  socket.on('end', () => (isUpload ? socket.end(String(taken)) : socket.end()));
  socket.on('data', (chunk) => {
    taken += chunk.length;
    if (isUpload) return;
    if (chunk[0] === 0x47) {
      notes?.push(machineMs());
      socket.write(RESPONSE); // GET
    } else if (chunk[0] === 0x55)
      isUpload = true; // U: upload
    else if (chunk[0] === 0x44) download(socket, Number(chunk.toString('latin1', 1))); // D<bytes>
  });
}

function download(socket: Socket, bytes: number): void {
  let left = bytes;
  const fill = () => {
    while (left > 0) {
      const block = left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK;
      left -= block.length;
      if (!socket.write(block)) return void socket.once('drain', fill);
    }
    socket.end();
  };
  fill();
}
