import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveParent } from '../child.ts';

// Clients that each open a connection, send a request, and note when its answer came.

interface Question {
  readonly ports?: readonly number[];
  /** Connections to each port. */
  readonly each?: number;
  /** Connections begun at once. */
  readonly atOnce?: number;
  /** Waits for all answers. */
  readonly answers?: true;
}

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: web\r\n\r\n');

let sockets: Socket[] = [];
let answeredAtMs: number[] = [];
let startedAtMs = 0;

const now = () => performance.timeOrigin + performance.now();

serveParent(async ({ ports = [], each = 1, atOnce = 500, answers }: Question) => {
  if (answers) {
    while (answeredAtMs.length < sockets.length) await sleep(5);
    for (const socket of sockets) socket.resetAndDestroy();
    return { answeredAtMs, startedAtMs };
  }
  sockets = [];
  answeredAtMs = [];
  startedAtMs = now();
  const all = Array.from({ length: each }, () => ports).flat();
  for (let at = 0; at < all.length; at += atOnce) await Promise.all(all.slice(at, at + atOnce).map(open));
  return { opened: sockets.length };
});

function open(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      socket.write(REQUEST);
      resolve();
    });
    socket.once('data', () => answeredAtMs.push(now()));
    socket.on('error', reject);
    sockets.push(socket);
  });
}
