import type { Budget } from './budget.ts';
import type { Connection } from './connection.ts';
import { Fifo } from './fifo.ts';
import { MAX_REFUSING, type ResolverLimits } from './limits.ts';
import type { Service } from './service.ts';

export interface LedgerDeps {
  readonly service: Service;
  readonly budget: Budget;
  readonly limits: ResolverLimits;
}

/** Counts the connections of one port that have not reached a pod, and what they hold. */
export class Ledger {
  /** Connections that wait and are not read: only a write tells that the client is gone. */
  readonly unread = new Set<Connection>();
  readonly open = new Fifo<Connection>();
  private readonly deps: LedgerDeps;

  constructor(deps: LedgerDeps) {
    this.deps = deps;
  }

  /** Counts one in. Undefined where there are so many beyond the limit that it is not even told so. */
  admit(maxConnections: number): 'within' | 'beyond' | undefined {
    const { service, budget, limits } = this.deps;
    const isWithin = budget.takesConnection(service, maxConnections);
    const isFlood =
      service.waiting >= budget.limitOf(maxConnections) + MAX_REFUSING ||
      budget.waiting() >= limits.maxHeldConnections + MAX_REFUSING;
    if (!isWithin && isFlood) return undefined;
    budget.add(service, 1, 0);
    return isWithin ? 'within' : 'beyond';
  }

  /** Keeps bytes for the pod, and stops reading where they are enough. Gives whether the service has its share left. */
  keep(connection: Connection, chunk: Buffer): boolean {
    const { service, budget, limits } = this.deps;
    connection.kept = connection.kept ? Buffer.concat([connection.kept, chunk]) : chunk;
    budget.add(service, 0, chunk.length);
    const isWithin = budget.takesBytes(service);
    if (!isWithin || connection.kept.length >= limits.maxHeldBytesPerConnection) {
      connection.client.pause();
      this.unread.add(connection);
    }
    return isWithin;
  }

  /** Takes the first bytes of those kept away, by default all. */
  forget(connection: Connection, bytes = connection.kept?.length ?? 0): void {
    const rest = connection.kept?.subarray(bytes);
    connection.kept = rest && rest.length > 0 ? rest : undefined;
    this.deps.budget.add(this.deps.service, 0, -bytes);
  }

  /** Gives whether it was not counted as held before. */
  markHeld(connection: Connection): boolean {
    if (connection.isHeld) return false;
    connection.isHeld = true;
    this.deps.service.held++;
    return true;
  }

  unmarkHeld(connection: Connection): void {
    if (!connection.isHeld) return;
    connection.isHeld = false;
    this.deps.service.held--;
  }

  /** Takes it off all that counts those who wait. */
  remove(connection: Connection): void {
    connection.isWaiting = false;
    this.unread.delete(connection);
    this.unmarkHeld(connection);
    this.forget(connection);
    this.deps.budget.add(this.deps.service, -1, 0);
    (connection.list as Fifo<Connection> | undefined)?.remove(connection);
  }
}
