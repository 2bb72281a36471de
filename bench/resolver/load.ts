import { connect, type Socket } from 'node:net';

/** Requests over HTTP/1.1 for a while. */
export interface Load {
  readonly port: number;
  /** What the Host header says. */
  readonly host: string;
  /** How many ask at once, each one request after the other. */
  readonly atOnce: number;
  /** Whether a connection is used again, where the answer does not close it. */
  readonly keepsAlive: boolean;
}

/** Times of requests in one window, each with the connection that it needed. */
export interface Window {
  readonly perSecond: number;
  readonly latenciesMs: readonly number[];
}

/** What the pod answers ends with. */
const BODY_END = `\r\n\r\n${'x'.repeat(100)}`;
const CLOSES = /\r\nconnection: close\r\n/i;

/** Asks for so long; throws on any answer but the pod's. */
export async function ask(load: Load, durationMs: number): Promise<Window> {
  const latenciesMs: number[] = [];
  const startedAtMs = performance.now();
  const request = Buffer.from(`GET / HTTP/1.1\r\nHost: ${load.host}\r\n\r\n`);
  const run = async () => {
    let socket: Socket | undefined;
    for (;;) {
      const askedAtMs = performance.now();
      if (askedAtMs - startedAtMs >= durationMs) break;
      socket ??= await open(load.port);
      const isKept = await exchange(socket, request);
      latenciesMs.push(performance.now() - askedAtMs);
      if (isKept && load.keepsAlive) continue;
      socket.end();
      socket = undefined;
    }
    socket?.destroy();
  };
  await Promise.all(Array.from({ length: load.atOnce }, run));
  return { perSecond: (latenciesMs.length / (performance.now() - startedAtMs)) * 1000, latenciesMs };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Gives whether the connection stays open. */
function exchange(socket: Socket, request: Buffer): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const finish = () => socket.off('data', take).off('close', fail);
    const fail = () => reject(new Error(`a connection was closed after: ${answer.slice(0, 80)}`));
    const take = (chunk: Buffer) => {
      answer += chunk.toString('latin1');
      if (!answer.endsWith(BODY_END)) return;
      finish();
      if (answer.startsWith('HTTP/1.1 200')) resolve(!CLOSES.test(answer));
      else reject(new Error(`answered ${answer.slice(0, 80)}`));
    };
    socket.on('data', take).on('close', fail);
    socket.write(request);
  });
}
