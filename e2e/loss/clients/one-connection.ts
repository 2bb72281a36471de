import { Agent, type ClientRequestArgs } from 'node:http';
import { connect, type Socket, type TcpNetConnectOpts } from 'node:net';
import type { Source } from '../../stage/echo-client.ts';

/** Keeps one connection, and knows whether it has carried a request: Node says so only where none was waiting for it. */
export class OneConnection extends Agent {
  latest: Source = { localAddress: '', localPort: 0 };
  readonly #used = new WeakSet<Socket>();
  readonly #nextSource: () => Source;

  constructor(nextSource: () => Source) {
    super({ keepAlive: true, maxSockets: 1 });
    this.#nextSource = nextSource;
  }

  override createConnection(options: ClientRequestArgs) {
    this.latest = this.#nextSource();
    return connect({ ...(options as TcpNetConnectOpts), ...this.latest });
  }
  /** Notes that a request goes over it; whether one has before. */
  use(socket: Socket): boolean {
    const isUsed = this.#used.has(socket);
    this.#used.add(socket);
    return isUsed;
  }
}
