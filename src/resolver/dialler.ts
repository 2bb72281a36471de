import { connect } from 'node:net';
import type { Clock } from '../effects/ports.ts';
import type { Connection } from './connection.ts';
import { Fifo } from './fifo.ts';
import { DIAL_TIMEOUT_MS, KEEP_ALIVE_DELAY_MS, MAX_DIAL_TIMEOUT_MS, TICK_MS } from './limits.ts';
import type { Pod, Pods } from './pods.ts';

export interface DiallerDeps {
  readonly pods: Pods;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  /** The pod has taken the connection. */
  readonly onDialled: (connection: Connection) => void;
  /** It has not; the connection waits on. */
  readonly onFailed: (connection: Connection, code: string) => void;
}

/** This many quick tries come before the time allowed for one grows. */
const QUICK_DIALS = 8;

/** Connects those that wait for one port to its pods, the longest waiting first. */
export class Dialler {
  readonly held = new Fifo<Connection>();
  readonly dialling = new Fifo<Connection>();
  private readonly deps: DiallerDeps;

  constructor(deps: DiallerDeps) {
    this.deps = deps;
  }

  get size(): number {
    return this.held.size + this.dialling.size;
  }

  /** All that wait for a pod. */
  all(): readonly Connection[] {
    return [...this.dialling.all(), ...this.held.all()];
  }

  /** Begins up to max dials; gives whether more could follow at once. */
  pump(max: number): boolean {
    const nowMs = this.deps.clock.monotonicMs();
    for (let n = 0; n < max; n++) {
      const pod = this.held.first && this.deps.pods.pick(nowMs, this.held.size);
      if (!pod) return false;
      this.dial(this.held.first as Connection, pod, nowMs);
    }
    return this.held.size > 0;
  }

  /** Gives up dials that take too long. To be called after sockets had their turn, or a busy loop passes for a slow pod. */
  giveUpSlowDials(): void {
    if (this.dialling.size === 0) return;
    const nowMs = this.deps.clock.monotonicMs();
    // The longest waiting last, so that it is the first in line again.
    for (const connection of this.dialling.all().reverse()) {
      const pod = connection.pod as Pod;
      const waitedMs = nowMs - connection.sinceMs;
      const isTooSlow = waitedMs >= timeoutMs(connection.dials, pod);
      const isBetterElsewhere = !pod.isProven && waitedMs >= TICK_MS && this.deps.pods.hasProvenBeside(pod, nowMs);
      if (isTooSlow || isBetterElsewhere) this.fail(connection, 'TIMEOUT');
    }
  }

  /** Ends the dial of a connection, if there is one; nothing is told of it. */
  cancel(connection: Connection): void {
    const { pod, socket } = connection;
    if (!pod || !socket || connection.isOpen) return;
    pod.dialling--;
    connection.pod = undefined;
    connection.socket = undefined;
    socket.destroy();
  }

  private dial(connection: Connection, pod: Pod, nowMs: number): void {
    this.dialling.push(connection);
    connection.sinceMs = nowMs;
    connection.dials++;
    pod.dialling++;
    pod.nextTryAtMs = nowMs + TICK_MS;
    connection.pod = pod;
    const socket = connect({
      host: pod.address,
      port: pod.port,
      allowHalfOpen: true,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: KEEP_ALIVE_DELAY_MS,
    });
    connection.socket = socket;
    socket.once('connect', () => {
      if (connection.socket === socket) this.succeed(connection, pod);
    });
    // Stays for the life of the socket; once it is open, its close tells the rest.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (connection.socket === socket && !connection.isOpen) this.fail(connection, error.code ?? 'UNKNOWN');
    });
  }

  private succeed(connection: Connection, pod: Pod): void {
    pod.dialling--;
    pod.open++;
    pod.unanswered++;
    this.deps.pods.succeed(pod);
    connection.unansweredSinceMs = pod.countedSinceMs;
    connection.isOpen = true;
    this.deps.onDialled(connection);
  }

  private fail(connection: Connection, code: string): void {
    const pod = connection.pod as Pod;
    this.cancel(connection);
    this.deps.pods.fail(pod, this.deps.clock.monotonicMs());
    this.held.unshift(connection);
    this.deps.onFailed(connection, code);
  }
}

/** A pod's answer is taken off the count of those that may still wait to be accepted. */
export function countAnswer(connection: Connection): void {
  const { pod } = connection;
  if (pod && connection.unansweredSinceMs === pod.countedSinceMs && pod.unanswered > 0) pod.unanswered--;
  connection.unansweredSinceMs = undefined;
}

/** Dials within a cluster take a millisecond; one lost for a pod's network was not there yet is best repeated soon. */
function timeoutMs(dials: number, pod: Pod): number {
  const grownMs = TICK_MS * 2 ** Math.max(0, dials - QUICK_DIALS);
  return Math.min(MAX_DIAL_TIMEOUT_MS, pod.isProven ? Math.max(DIAL_TIMEOUT_MS, grownMs) : grownMs);
}
