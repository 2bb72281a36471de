import { connect, type Socket } from 'node:net';
import { HOST } from '../network/ports.ts';
import type { DemoService } from '../settings.ts';
import type { Exchange, Exchanges } from './exchanges.ts';

/** The demo's own client: each request on a connection of its own, its answer read to the end. */
export interface Client {
  /** Resolves when the request is over, whatever became of it. */
  send(service: DemoService, port: number): Promise<void>;
  /** The request that a connection from that port carries. */
  exchangeOf(clientPort: number): Exchange | undefined;
}

const TIMEOUT_MS = 60_000;
/** A request that was cut off unanswered is safe to send again, as browsers and ingress controllers do. */
const MAX_TRIES = 5;
const RETRY_MS = 200;

export interface ClientDeps {
  readonly exchanges: Exchanges;
  /** Told of each request that is sent again. */
  readonly onRetry: (service: string) => void;
}

/** Makes the client. */
export function createClient({ exchanges, onRetry }: ClientDeps): Client {
  const carried = new Map<number, Exchange>();

  /** Gives the whole answer; rejects where the connection is cut before there is any. */
  const ask = (exchange: Exchange, { text, isRight }: OwnRequest, port: number) =>
    new Promise<string>((resolve, reject) => {
      let answer = '';
      let localPort = 0;
      const socket: Socket = connect({ host: HOST, port, noDelay: true }, () => {
        localPort = socket.localPort ?? 0;
        carried.set(localPort, exchange);
        socket.write(text);
      });
      socket.setTimeout(TIMEOUT_MS, () => socket.destroy(new Error(`no answer within ${TIMEOUT_MS / 1000} s`)));
      socket.setEncoding('utf8');
      socket.on('data', (chunk) => {
        answer += chunk;
        if (isRight(answer)) socket.end();
      });
      socket.on('error', reject);
      socket.on('close', () => {
        carried.delete(localPort);
        if (answer === '') reject(new Error('the connection was closed without an answer'));
        else resolve(answer);
      });
    });

  return {
    exchangeOf: (clientPort) => carried.get(clientPort),
    send: async (service, port) => {
      const exchange = exchanges.begin(service.name);
      const request = makeRequest(service, exchange.id);
      for (let tries = 1; ; tries++) {
        try {
          const answer = await ask(exchange, request, port);
          if (request.isRight(answer)) exchange.answer();
          else exchange.lose(`answered wrongly: ${answer.slice(0, 60)}`);
          return;
        } catch (error) {
          if (tries === MAX_TRIES) return exchange.lose((error as Error).message);
          exchange.retry();
          onRetry(service.name);
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS * tries));
        }
      }
    },
  };
}

interface OwnRequest {
  readonly text: string;
  isRight(answer: string): boolean;
}

function makeRequest({ name, protocol }: DemoService, id: number): OwnRequest {
  if (protocol === 'tcp') {
    const text = `request ${id}\n`;
    return { text, isRight: (answer) => answer === text };
  }
  const text = `GET / HTTP/1.1\r\nhost: ${name}\r\nconnection: close\r\n\r\n`;
  const isRight = (answer: string) => answer.startsWith('HTTP/1.1 200 ') && answer.includes(`hello from ${name},`);
  return { text, isRight };
}
