import type { Clock } from '../effects/ports.ts';
import type { Connection } from './connection.ts';
import { decideFirst } from './decide-first.ts';
import type { RefusalReason, ResolverEvents } from './events.ts';
import { Fifo } from './fifo.ts';
import { CONTINUE, makeProbeAnswer, makeWaitingPage } from './http1/answers.ts';
import { createProbeMatcher, type ProbeMatcher } from './http1/probe-response.ts';
import { isHttp11, protocolOf } from './http1/protocol.ts';
import type { Ledger } from './ledger.ts';
import { IDLE_MS, LINGER_MS, LOOK_MS } from './limits.ts';
import type { Route } from './ports.ts';

/** The lane that the reception belongs to. */
export interface ReceptionHost {
  readonly ledger: Ledger;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly events: ResolverEvents;
  route(): Route;
  hasPods(): boolean;
  isClosed(): boolean;
  wake(): void;
  /** Lets it wait for a pod. */
  hold(connection: Connection): void;
  refuse(connection: Connection, reason: RefusalReason): void;
  drop(connection: Connection, how?: 'close' | 'reset'): void;
}

const NOTHING = Buffer.alloc(0);

/** Reads the connections of one port before they wait for a pod, and those that are answered without one. */
export class Reception {
  /** Have sent nothing yet. */
  private readonly silent = new Fifo<Connection>();
  /** Have sent the beginning of a request that may be one to answer here. */
  private readonly partial = new Fifo<Connection>();
  /** Had a probe answered, and may send the next request. */
  private readonly resting = new Fifo<Connection>();
  /** Got their last answer. */
  private readonly leaving = new Fifo<Connection>();
  private readonly host: ReceptionHost;
  private matcher: ProbeMatcher | undefined;

  constructor(host: ReceptionHost) {
    this.host = host;
  }

  get size(): number {
    return this.silent.size + this.partial.size + this.resting.size + this.leaving.size;
  }

  /** The route has other settings now. */
  forgetRules(): void {
    this.matcher = undefined;
  }

  /** Probes are answered here even while pods are ready: passed on, they would keep a drain from ever ending. */
  matchProbe(): ProbeMatcher | undefined {
    const { probeResponses } = this.host.route().settings;
    if (probeResponses.length > 0) this.matcher ??= createProbeMatcher(probeResponses);
    return this.matcher;
  }

  /** Waits for its first bytes. */
  receive(connection: Connection): void {
    this.push(this.silent, connection);
    this.read(connection);
  }

  /** Reads on while it waits, for its bytes and to notice when the client is gone. */
  read(connection: Connection): void {
    const { client } = connection;
    if (client.listenerCount('data') === 0) {
      client.on('data', (chunk: Buffer) => {
        if (connection.isWaiting) this.take(connection, chunk);
      });
      client.on('end', () => {
        if (connection.isWaiting) this.takeEnd(connection);
      });
    }
    client.resume();
  }

  /** Sends an answer that ends the connection. Closing it with bytes unread would reset it, and the answer might be lost. */
  sayLast(connection: Connection, text: string): void {
    this.host.ledger.unread.delete(connection);
    this.host.ledger.forget(connection);
    this.push(this.leaving, connection);
    connection.client.end(text);
    this.read(connection);
  }

  /** Pods are ready: who waits for the server to speak waits no longer. A probe may still come where there are rules. */
  holdSilent(): void {
    if (!this.matchProbe()) for (const connection of this.silent.all()) this.host.hold(connection);
  }

  /** Keeps the times. */
  tick(nowMs: number): void {
    const { host } = this;
    const { silentWakeMs, holdSeconds } = host.route().settings;
    const hold = (connection: Connection) => host.hold(connection);
    const drop = (connection: Connection) => host.drop(connection);
    if (silentWakeMs !== undefined || host.hasPods()) this.due(this.silent, nowMs - (silentWakeMs ?? LOOK_MS), hold);
    this.due(this.silent, nowMs - holdSeconds * 1000, (connection) => host.refuse(connection, 'hold-time'));
    this.due(this.partial, nowMs - LOOK_MS, hold);
    this.due(this.resting, nowMs - IDLE_MS, drop);
    this.due(this.leaving, nowMs - LINGER_MS, drop);
  }

  /** No further request is waited for. */
  close(): void {
    for (const { client } of this.resting.all()) client.destroySoon();
  }

  /** Those that nothing was decided about yet. */
  undecided(): readonly Connection[] {
    return [...this.silent.all(), ...this.partial.all()];
  }

  /** Those that were answered. */
  answered(): readonly Connection[] {
    return [...this.resting.all(), ...this.leaving.all()];
  }

  private take(connection: Connection, chunk: Buffer): void {
    const list: unknown = connection.list;
    if (list === this.leaving) return;
    const isWithin = this.host.ledger.keep(connection, chunk);
    if (list !== this.silent && list !== this.partial && list !== this.resting) return;
    if (!isWithin) connection.refusal ??= 'bytes';
    this.look(connection);
  }

  private takeEnd(connection: Connection): void {
    const { client, kept } = connection;
    const list: unknown = connection.list;
    connection.hasEnded = true;
    if (list === this.leaving) return;
    const protocol = protocolOf(kept);
    // A health check that sends nothing wakes nobody; TLS and HTTP/2 never half close, so that the client is gone.
    if (!kept || protocol === 'tls' || protocol === 'http2') {
      this.host.drop(connection);
      return;
    }
    if (list === this.partial) this.host.hold(connection);
    // One that only closed its side goes on; one that is gone answers with a reset, which the next write tells of.
    if (isHttp11(kept)) client.write(CONTINUE);
    this.host.ledger.unread.add(connection);
  }

  private look(connection: Connection): void {
    const matchProbe = this.matchProbe();
    for (;;) {
      const givesPage = this.host.route().settings.hasWaitingPage && !this.host.hasPods();
      const decision = decideFirst(connection.kept ?? NOTHING, { matchProbe, givesPage });
      switch (decision.kind) {
        case 'hold':
          this.host.hold(connection);
          return;
        case 'wait':
          if ((connection.list as unknown) !== this.partial) this.push(this.partial, connection);
          return;
        case 'page':
          this.host.wake();
          this.host.events.answered(this.host.route(), { kind: 'waiting-page', status: 503 });
          this.sayLast(connection, makeWaitingPage());
          return;
        case 'probe':
          if (!this.answerProbe(connection, decision)) return;
          break;
        default:
          decision satisfies never;
      }
    }
  }

  /** Gives whether there is another request to look at. */
  private answerProbe(
    connection: Connection,
    { answer, head }: Extract<ReturnType<typeof decideFirst>, { kind: 'probe' }>,
  ): boolean {
    const { host } = this;
    const keepsAlive = head.keepsAlive && !head.hasBody && !host.isClosed();
    const text = makeProbeAnswer(answer, head, keepsAlive);
    host.events.answered(host.route(), { kind: 'probe', status: answer.status });
    if (!keepsAlive) {
      this.sayLast(connection, text);
      return false;
    }
    host.ledger.forget(connection, head.byteLength);
    if (!connection.client.write(text)) {
      // It asks on and on and reads nothing.
      host.drop(connection, 'reset');
      return false;
    }
    if (connection.kept) return true;
    this.push(this.resting, connection);
    return false;
  }

  private push(list: Fifo<Connection>, connection: Connection): void {
    list.push(connection);
    connection.sinceMs = this.host.clock.monotonicMs();
  }

  private due(list: Fifo<Connection>, untilMs: number, act: (connection: Connection) => void): void {
    for (let first = list.first; first && first.sinceMs <= untilMs; first = list.first) {
      list.remove(first);
      act(first);
    }
  }
}
