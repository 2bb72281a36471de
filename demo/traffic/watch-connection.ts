import type { Endpoint } from '../network/endpoints.ts';
import type { ConnectionWatcher } from '../network/relay.ts';
import type { Exchange, Exchanges } from './exchanges.ts';

export interface WatchConnectionOptions {
  readonly service: string;
  readonly exchanges: Exchanges;
  /** Told of each request, as a metric at the door counts them. */
  readonly onRequest: (service: string) => void;
  /** The request of our own client that the connection of that port carries; its client sees how it ends. */
  readonly ownExchange: (clientPort: number) => Exchange | undefined;
}

/**
 * Tells requests apart on a connection of any protocol that asks and answers in turn: what the client sends after an
 * answer is the next one.
 */
export function watchConnection(
  { clientPort, endpoint }: { readonly clientPort: number; readonly endpoint: Endpoint | undefined },
  { service, exchanges, onRequest, ownExchange }: WatchConnectionOptions,
): ConnectionWatcher {
  let own: Exchange | undefined;
  let current: Exchange | undefined;
  const openedAtMs = performance.now();
  return {
    clientSent: () => {
      if (current && !current.isOver()) return;
      own = ownExchange(clientPort);
      current = own ?? exchanges.begin(service);
      onRequest(service);
      if (endpoint) current.route(endpoint.kind);
      // It was silent for so long that the resolver holds it already.
      if (exchanges.heldAtMs(service) >= openedAtMs) current.hold();
    },
    backendSent: (chunk) => {
      if (own || !current) return;
      const status = /^HTTP\/1\.[01] (5\d\d)/.exec(chunk.subarray(0, 16).toString('latin1'))?.[1];
      if (status === undefined) current.answer();
      else current.lose(`answered ${status}`);
    },
    ended: ({ isCut }) => {
      if (own || !current) return;
      if (isCut) current.lose('the connection was cut');
      else current.forsake();
    },
  };
}
