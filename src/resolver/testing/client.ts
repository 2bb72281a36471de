import { connect, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { HOST, until } from './world.ts';

/** A client's end of a connection with all that came over it. */
export interface Client {
  readonly socket: Socket;
  /** What was received, as text. */
  text(): string;
  /** How it ended, if it did: by FIN, or by the code of an error. */
  ended(): string | undefined;
  /** Resolves when the text received contains the words. */
  sees(words: string): Promise<void>;
}

/** Records what comes over a socket, and how it ends. */
export function record(socket: Socket): Pick<Client, 'text' | 'ended'> {
  let received = '';
  let ended: string | undefined;
  socket.on('data', (chunk) => {
    received += chunk.toString('latin1');
  });
  socket.on('end', () => {
    ended ??= 'FIN';
  });
  socket.on('error', (error: NodeJS.ErrnoException) => {
    ended ??= error.code;
  });
  return { text: () => received, ended: () => ended };
}

/** Connects to a port on loopback, able to half close; ends with the test. */
export async function connectTo(t: Pick<TestContext, 'after'>, port: number): Promise<Client> {
  const socket = connect({ port, host: HOST, allowHalfOpen: true, noDelay: true });
  const { text, ended } = record(socket);
  t.after(() => socket.destroy());
  await until(() => !socket.connecting);
  return {
    socket,
    text,
    ended,
    sees: (words) => until(() => text().includes(words)),
  };
}

/** A request without a body. */
export function request(target: string, headers: Readonly<Record<string, string>> = {}, method = 'GET'): string {
  const lines = Object.entries({ Host: 'web', ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}
