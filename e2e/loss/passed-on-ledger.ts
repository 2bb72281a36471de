import type { Loss } from './book.ts';
import { keyOf, type PassedOn } from './destination.ts';
import type { Client } from './outcome.ts';
import { POD_PORTS } from './site.ts';
import type { PodRecord } from './witness.ts';

/** Which connections that pods had accepted from resolvers were whose. */
export interface PassedOnLedger {
  /**
   * Whether the client's connection can have been passed on to one of these pods: one of them had accepted one on that port
   * since, and no other client has been given it. What is given stays given.
   */
  take(loss: Loss, pods: readonly PodRecord[]): boolean;
}

const PORT_OF: Readonly<Record<Client, number>> = {
  'http-new': POD_PORTS.http,
  'http-kept': POD_PORTS.http,
  'tcp-new': POD_PORTS.echo,
  'tcp-kept': POD_PORTS.echo,
  'grpc-kept': POD_PORTS.grpc,
};

/** The kernel's news are told a moment later than a socket's end on a busy machine. */
const NEWS_LAG_MS = 500;

/** For the losses in the order in which they ended. */
export function createPassedOnLedger(passedOn: readonly PassedOn[]): PassedOnLedger {
  const byClient = new Map<string, PassedOn>();
  const given = new Set<PassedOn>();
  return {
    take({ client, outcome, connectedAtMs, endedAtMs }, pods) {
      if (connectedAtMs === undefined) return false;
      const key = `${keyOf(outcome.source)} ${connectedAtMs}`;
      const isToOne = ({ address }: PassedOn) => pods.some(({ addresses }) => addresses.includes(address));
      const mine = byClient.get(key);
      if (mine) return isToOne(mine);
      const found = passedOn.find(
        (each) =>
          each.port === PORT_OF[client] &&
          each.atMs >= connectedAtMs &&
          each.atMs <= endedAtMs + NEWS_LAG_MS &&
          isToOne(each) &&
          !given.has(each),
      );
      if (!found) return false;
      given.add(found);
      byClient.set(key, found);
      return true;
    },
  };
}
