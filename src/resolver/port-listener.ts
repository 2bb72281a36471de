import { createServer, type Socket } from 'node:net';
import type { Clock } from '../effects/ports.ts';
import { KEEP_ALIVE_DELAY_MS } from './limits.ts';

export interface PortListenerOptions {
  readonly port: number;
  /** Default: all addresses. */
  readonly host: string | undefined;
  /** Gets each connection paused and able to be half open. */
  readonly onConnection: (client: Socket) => void;
  readonly onError: (error: Error) => void;
  readonly clock: Pick<Clock, 'sleep'>;
}

export interface PortListener {
  isListening(): boolean;
  /** Connections are refused from now on; those accepted go on. */
  close(): void;
}

const RETRY_MS = 1000;
/** Connections that the kernel completes before they are accepted; it takes somaxconn where that is less. */
const BACKLOG = 65_535;

/** Listens on a port, and tries again while it cannot. */
export function listenOn({ port, host, onConnection, onError, clock }: PortListenerOptions): PortListener {
  let isClosed = false;
  const server = createServer(
    {
      allowHalfOpen: true,
      pauseOnConnect: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    },
    onConnection,
  );
  const listen = () => {
    if (!isClosed) server.listen({ port, backlog: BACKLOG, ...(host === undefined ? {} : { host }) });
  };
  server.on('error', (error) => {
    if (isClosed) return;
    onError(error);
    // Running out of file descriptors while accepting is an error, too.
    if (!server.listening) void clock.sleep(RETRY_MS).then(listen);
  });
  listen();
  return {
    isListening: () => server.listening,
    close: () => {
      isClosed = true;
      server.close();
    },
  };
}
