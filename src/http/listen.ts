import type { RequestListener, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { ConfigError } from '../errors.ts';
import { http } from '../node-http.ts';

export interface ListenOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Default: all addresses. */
  readonly host?: string | undefined;
  /** How long a client may take for its headers, and for the whole of its request. */
  readonly headersTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  readonly timeoutCheckMs?: number;
}

export interface Listening {
  readonly port: number;
  /**
   * Stops accepting, closes idle connections, lets the requests in flight finish with `Connection: close` and cuts off what
   * is still open after graceMs. Resolves when nothing is left; a further call gets the same promise.
   */
  close(graceMs: number): Promise<void>;
}

/** Metacontroller keeps an idle connection for 90 s; whoever closes first must not be the one that is being written to. */
const KEEP_ALIVE_TIMEOUT_MS = 95_000;
const MAX_HEADER_BYTES = 16 * 1024;
/** Connections that come at once; the kernel makes the client of one too many try again a second later. */
const BACKLOG = 4096;

/** Serves app on a port. Rejects with ConfigError when the port cannot be had. */
export async function listen(app: RequestListener, options: ListenOptions): Promise<Listening> {
  const { port, host, headersTimeoutMs = 5_000, requestTimeoutMs = 15_000, timeoutCheckMs = 1_000 } = options;
  const sockets = new Set<Socket>();
  // What each connection was last asked, answered or not.
  const answers = new WeakMap<Socket, ServerResponse>();
  let closed: Promise<void> | undefined;

  const server = http.createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: timeoutCheckMs,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    },
    (req, res) => {
      answers.set(req.socket, res);
      if (closed !== undefined) res.setHeader('Connection', 'close');
      app(req, res);
    },
  );

  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });

  await new Promise<void>((resolve, reject) => {
    const refuse = (cause: NodeJS.ErrnoException) =>
      reject(new ConfigError(`cannot listen on port ${port}: ${describe(cause)}`, { cause }));
    server.once('error', refuse);
    server.listen({ port, backlog: BACKLOG, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', refuse);
      resolve();
    });
  });

  const close = async (graceMs: number) => {
    const whenClosed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) {
      const res = answers.get(socket);
      if (res === undefined || res.closed) continue;
      if (!res.headersSent) res.setHeader('Connection', 'close');
      // An answer that is on its way already leaves its connection open.
      res.once('close', () => server.closeIdleConnections());
    }
    const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
    await whenClosed;
    clearTimeout(cutOff);
  };

  return {
    port: (server.address() as AddressInfo).port,
    close: (graceMs) => {
      closed ??= close(graceMs);
      return closed;
    },
  };
}

function describe({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'EADDRINUSE') return 'another process has it';
  if (code === 'EACCES') return 'not permitted';
  return message;
}
