import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveParent } from '../child.ts';
import { machineMs } from './clock.ts';

// Clients that each open a connection, send a request, and note when its answer came.

interface Question {
  readonly ports?: readonly number[];
  /** Connections to each port. */
  readonly each?: number;
  /** Connections begun at once. */
  readonly atOnce?: number;
  /** What they say in their Host header. */
  readonly host?: string;
  /** Waits for all answers, but no longer than this many milliseconds. */
  readonly answersMs?: number;
}

/** What became of the requests: with the times of the right answers, by the clock of the machine. */
export interface Answers {
  readonly startedAtMs: number;
  readonly answeredAtMs: readonly number[];
  /** Other answers, connections that ended without one, and none in time. */
  readonly lost: number;
}

let sockets: Socket[] = [];
let answeredAtMs: number[] = [];
let over = 0;
let startedAtMs = 0;

serveParent(async ({ ports = [], each = 1, atOnce = 500, host = 'web', answersMs }: Question) => {
  if (answersMs !== undefined) {
    const untilMs = machineMs() + answersMs;
    while (over < sockets.length && machineMs() < untilMs) await sleep(5);
    for (const socket of sockets) socket.resetAndDestroy();
    return { startedAtMs, answeredAtMs, lost: sockets.length - answeredAtMs.length } satisfies Answers;
  }
  sockets = [];
  answeredAtMs = [];
  over = 0;
  startedAtMs = machineMs();
  const request = Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  const open = (port: number) => openOne(port, request);
  const all = Array.from({ length: each }, () => ports).flat();
  for (let at = 0; at < all.length; at += atOnce) await Promise.all(all.slice(at, at + atOnce).map(open));
  return { opened: sockets.length };
});

function openOne(port: number, request: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    const answered = answeredAtMs;
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
      socket.write(request);
      socket.off('error', reject).on('error', () => {});
      resolve();
    });
    let isOver = false;
    const end = () => {
      if (!isOver && answered === answeredAtMs) over++;
      isOver = true;
    };
    socket.once('data', (chunk) => {
      if (chunk.toString('latin1', 0, 12) === 'HTTP/1.1 200') answered.push(machineMs());
      end();
    });
    socket.on('error', reject).on('close', end);
    sockets.push(socket);
  });
}
