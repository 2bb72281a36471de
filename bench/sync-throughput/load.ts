import { connect, type Socket } from 'node:net';
import { TOKEN } from './token.ts';

export interface Answer {
  readonly status: number;
  readonly body: string;
}

export interface Load {
  /** Asks the next of `requests` on each connection until the time is over; resolves to answers per second. */
  run(requests: readonly Buffer[], durationMs: number): Promise<number>;
  /** One request and its whole answer. */
  ask(request: Buffer): Promise<Answer>;
  close(): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/** A POST /sync as it goes over the wire. */
export function makeRequest(body: string): Buffer {
  const head = [
    'POST /sync HTTP/1.1',
    'Host: 127.0.0.1',
    'User-Agent: Go-http-client/1.1',
    `Authorization: Bearer ${TOKEN}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Accept-Encoding: gzip',
  ];
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** Opens kept-alive connections to a port. Requests are written as bytes: an HTTP client would cost as much as the server. */
export async function openLoad(port: number, connections: number): Promise<Load> {
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(port)));
  return {
    async run(requests, durationMs) {
      const startedAtMs = performance.now();
      const endsAtMs = startedAtMs + durationMs;
      let answered = 0;
      await Promise.all(
        sockets.map(async (socket, i) => {
          for (let n = i; performance.now() < endsAtMs; n++) {
            const { status } = await exchange(socket, requests[n % requests.length] as Buffer);
            if (status !== 200) throw new Error(`answered ${status}`);
            answered++;
          }
        }),
      );
      return (answered / (performance.now() - startedAtMs)) * 1000;
    },
    async ask(request) {
      const { status, bytes, bodyAt } = await exchange(sockets[0] as Socket, request);
      return { status, body: bytes.toString('utf8', bodyAt) };
    },
    close: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket));
    socket.once('error', reject);
  });
}

function exchange(socket: Socket, request: Buffer): Promise<{ status: number; bytes: Buffer; bodyAt: number }> {
  return new Promise((resolve, reject) => {
    if (socket.destroyed) throw new Error('the server has closed a connection');
    let chunks: Buffer[] = [];
    let size = 0;
    let bodyAt = -1;
    let total = Number.POSITIVE_INFINITY;
    const finish = () => socket.off('data', keep).off('close', abort);
    const abort = () => reject(new Error('the server closed a connection'));
    const keep = (chunk: Buffer) => {
      chunks.push(chunk);
      size += chunk.length;
      if (bodyAt < 0) {
        chunks = [Buffer.concat(chunks)];
        const [all] = chunks as [Buffer];
        const headEnd = all.indexOf(HEAD_END);
        if (headEnd < 0) return;
        bodyAt = headEnd + HEAD_END.length;
        const length = /\r\ncontent-length: *(\d+)/i.exec(all.toString('latin1', 0, headEnd))?.[1];
        if (length === undefined) return void reject(new Error('the answer has no length'));
        total = bodyAt + Number(length);
      }
      if (size < total) return;
      finish();
      const [first] = chunks as [Buffer];
      const bytes = chunks.length === 1 ? first : Buffer.concat(chunks);
      resolve({ status: Number(bytes.toString('latin1', 9, 12)), bytes, bodyAt });
    };
    socket.on('data', keep).on('close', abort);
    socket.write(request);
  });
}
