import type { ResolverLimits } from './limits.ts';

/** What one service holds. */
export interface Share {
  waiting: number;
  keptBytes: number;
}

/** What all services hold together. */
export interface Budget {
  /** How many connections a service may have waiting while the others have none, given its own limit. */
  limitOf(maxConnections: number): number;
  /** Whether one more connection of a service may wait. */
  takesConnection(share: Share, maxConnections: number): boolean;
  /** Whether the bytes that a service holds are no more than its share. */
  takesBytes(share: Share): boolean;
  add(share: Share, connections: number, bytes: number): void;
  /** Connections that wait. */
  waiting(): number;
}

/**
 * Shares the limits out: a service may hold as much as is left for the others. So one alone gets at most half, or the share
 * that is set if that is less, two a third each, and whoever comes next always finds room, however greedy the others are.
 */
export function createBudget({ maxHeldConnections, maxHeldBytes, serviceShare }: ResolverLimits): Budget {
  const all: Share = { waiting: 0, keptBytes: 0 };
  const limitOf = (maxConnections: number) => Math.min(maxConnections, Math.ceil(maxHeldConnections * serviceShare));
  return {
    limitOf,
    takesConnection: (share, maxConnections) =>
      share.waiting < Math.min(limitOf(maxConnections), maxHeldConnections - all.waiting),
    takesBytes: (share) => share.keptBytes <= Math.min(maxHeldBytes * serviceShare, maxHeldBytes - all.keptBytes),
    add: (share, connections, bytes) => {
      for (const each of [share, all]) {
        each.waiting += connections;
        each.keptBytes += bytes;
      }
    },
    waiting: () => all.waiting,
  };
}
