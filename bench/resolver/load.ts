import { connect, type Socket } from 'node:net';

/** Times of requests in one window. */
export interface Window {
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
}

const REQUEST = Buffer.from('GET / HTTP/1.1\r\nHost: web\r\n\r\n');
const ANSWER_BYTES = 140;

/** Asks on kept-alive connections, one request at a time on each. */
export async function askKeptAlive(port: number, connections: number, durationMs: number): Promise<Window> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  const window = await measure(durationMs, connections, (i) => exchange(sockets[i] as Socket));
  for (const socket of sockets) socket.destroy();
  return window;
}

/** Asks with a new connection for each request, several at a time. */
export function askAnew(port: number, atOnce: number, durationMs: number): Promise<Window> {
  return measure(durationMs, atOnce, async () => {
    const socket = await open(port);
    await exchange(socket);
    socket.end();
  });
}

async function measure(durationMs: number, atOnce: number, ask: (i: number) => Promise<void>): Promise<Window> {
  const latenciesMs: number[] = [];
  const startedAtMs = performance.now();
  const run = async (_: unknown, i: number) => {
    for (;;) {
      const askedAtMs = performance.now();
      if (askedAtMs - startedAtMs >= durationMs) return;
      await ask(i);
      latenciesMs.push(performance.now() - askedAtMs);
    }
  };
  await Promise.all(Array.from({ length: atOnce }).map(run));
  return { perSecond: (latenciesMs.length / (performance.now() - startedAtMs)) * 1000, latenciesMs };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function exchange(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let size = 0;
    const finish = () => socket.off('data', take).off('close', fail);
    const fail = () => reject(new Error('a connection was closed'));
    const take = (chunk: Buffer) => {
      size += chunk.length;
      if (size < ANSWER_BYTES) return;
      finish();
      resolve();
    };
    socket.on('data', take).on('close', fail);
    socket.write(REQUEST);
  });
}
