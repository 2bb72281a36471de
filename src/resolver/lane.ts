import type { Socket } from 'node:net';
import type { Clock, Random } from '../effects/ports.ts';
import type { Budget } from './budget.ts';
import type { ColdStartTraces, HoldOutcome } from './cold-start-traces.ts';
import { Connection } from './connection.ts';
import { Dialler } from './dialler.ts';
import type { RefusalReason, ResolverEvents } from './events.ts';
import { makeRefusal } from './http1/answers.ts';
import { protocolOf } from './http1/protocol.ts';
import { Ledger } from './ledger.ts';
import { LAST_READY_MS, type ResolverLimits } from './limits.ts';
import { openConnection } from './open-connection.ts';
import { Pods } from './pods.ts';
import type { Endpoints, PodEndpoint, Route, Unsubscribe } from './ports.ts';
import { Reception } from './reception.ts';
import { resetSocket } from './reset-socket.ts';
import type { Service } from './service.ts';

export interface LaneDeps {
  readonly endpoints: Endpoints;
  readonly budget: Budget;
  readonly limits: ResolverLimits;
  readonly clock: Pick<Clock, 'monotonicMs' | 'after'>;
  readonly random: Pick<Random, 'next'>;
  readonly events: ResolverEvents;
  readonly traces: ColdStartTraces | undefined;
  /** Asks for turns to dial. */
  readonly requestTurns: (lane: Lane) => void;
  /** Asks for ticks for as long as some wait. */
  readonly requestTicks: (lane: Lane) => void;
  /** A lane that is closed has no connection any more. */
  readonly onOver: (lane: Lane) => void;
}

const NOTHING = Buffer.alloc(0);
const ignoreError = () => {};

/** All connections of one resolver port, from their arrival to their end. */
export class Lane {
  route: Route;
  readonly service: Service;
  private readonly reception: Reception;
  private readonly ledger: Ledger;
  private readonly dialler: Dialler;
  private readonly pods: Pods;
  private readonly deps: LaneDeps;
  private unsubscribe: Unsubscribe;
  private readySinceMs = 0;
  /** The pods that were ready last, and when they ceased to be; absent: they still are. */
  private lastReady: { readonly pods: readonly PodEndpoint[]; readonly untilMs?: number } | undefined;
  private isRetired = false;
  private isClosed = false;

  constructor(route: Route, service: Service, deps: LaneDeps) {
    this.route = route;
    this.service = service;
    this.deps = deps;
    this.pods = new Pods(deps.limits.maxDialsPerPod, deps.random);
    this.ledger = new Ledger({ service, budget: deps.budget, limits: deps.limits });
    this.dialler = new Dialler({
      pods: this.pods,
      clock: deps.clock,
      onDialled: (connection) => this.release(connection),
      onFailed: (connection, code) => {
        deps.events.dialFailed(this.route, code);
        this.markHeld(connection);
        deps.requestTurns(this);
      },
    });
    this.reception = new Reception({
      ledger: this.ledger,
      clock: deps.clock,
      events: deps.events,
      route: () => this.route,
      hasPods: () => this.pods.size > 0,
      isClosed: () => this.isClosed,
      wake: () => this.service.wake(),
      hold: (connection) => this.hold(connection),
      refuse: (connection, reason) => this.refuse(connection, reason),
      drop: (connection, how) => this.drop(connection, how),
    });
    this.unsubscribe = this.follow();
  }

  /** Some have not reached a pod. */
  get isWaited(): boolean {
    return this.reception.size + this.dialler.size > 0;
  }

  /** Takes new settings, or the same port of the same service behind a private Service that was made anew. */
  update(route: Route): void {
    const isSame = route.privateServiceUid === this.route.privateServiceUid && !this.isRetired;
    this.route = route;
    this.reception.forgetRules();
    if (isSame) return;
    this.isRetired = false;
    this.unsubscribe();
    this.unsubscribe = this.follow();
  }

  /**
   * The claim is gone, and with it maybe the private Service: goes on with the pods that are ready now, or were a moment ago.
   * Gives whether there are any.
   */
  retire(): boolean {
    const { pods = [], untilMs } = this.lastReady ?? {};
    const isRecent = untilMs === undefined || this.deps.clock.monotonicMs() - untilMs <= LAST_READY_MS;
    if (pods.length === 0 || !isRecent) return false;
    this.isRetired = true;
    this.unsubscribe();
    this.pods.update(pods);
    if (this.dialler.held.size > 0) this.deps.requestTurns(this);
    return true;
  }

  /** Takes a connection in. It must be paused, and allow to be half open. */
  accept(client: Socket): void {
    const { events, clock, requestTicks } = this.deps;
    const { maxHeldConnections, silentWakeMs } = this.route.settings;
    // Told as the close that follows.
    client.on('error', ignoreError);
    const admission = this.ledger.admit(maxHeldConnections);
    if (!admission) {
      events.refused(this.route, 'connections');
      client.resetAndDestroy();
      return;
    }
    const connection = new Connection(client, clock.monotonicMs());
    if (admission === 'beyond') connection.refusal = 'connections';
    client.on('close', () => this.leave(connection));
    const isAtOnce = silentWakeMs === 0 || (this.pods.size > 0 && !this.reception.matchProbe());
    if (isAtOnce && !connection.refusal) this.hold(connection);
    else this.reception.receive(connection);
    requestTicks(this);
  }

  /** Begins up to max dials; gives whether more could follow at once. */
  pump(max: number): boolean {
    return this.dialler.pump(max);
  }

  /** Keeps the times, repeats the wake, and goes on dialling. */
  tick(nowMs: number): void {
    const holdMs = this.route.settings.holdSeconds * 1000;
    if (this.service.held > 0) this.service.wake();
    this.reception.tick(nowMs);
    const { held } = this.dialler;
    for (let first = held.first; first && nowMs - first.waitsSinceMs >= holdMs; first = held.first) {
      this.refuse(first, 'hold-time');
    }
    for (const { client } of this.ledger.unread) client.write(NOTHING);
    // After the sockets had their turn, or a busy loop would pass for a slow pod.
    setImmediate(() => {
      this.dialler.giveUpSlowDials();
      if (held.size > 0) this.deps.requestTurns(this);
    });
  }

  /** No connection comes any more; those that are here go on. */
  close(): void {
    this.isClosed = true;
    this.reception.close();
    this.endIfOver();
  }

  /** Turns away all that wait. */
  refuseAll(): void {
    for (const each of [...this.reception.undecided(), ...this.dialler.all()]) this.refuse(each, 'closing');
  }

  /** Ends all connections at once. */
  destroy(): void {
    this.refuseAll();
    for (const { client } of [...this.reception.answered(), ...this.ledger.open.all()]) resetSocket(client);
  }

  private follow(): Unsubscribe {
    const claim = this.route;
    const onChange = () => {
      const wasReady = this.pods.size > 0;
      const ready = this.deps.endpoints.readyFor(claim);
      this.pods.update(ready);
      if (ready.length > 0) this.lastReady = { pods: ready };
      else if (this.lastReady) this.lastReady = { untilMs: this.deps.clock.monotonicMs(), ...this.lastReady };
      if (this.pods.size === 0) return;
      if (!wasReady) {
        this.readySinceMs = this.deps.clock.monotonicMs();
        this.reception.holdSilent();
      }
      if (this.dialler.held.size > 0) this.deps.requestTurns(this);
    };
    const unsubscribe = this.deps.endpoints.subscribe(claim, onChange);
    onChange();
    return unsubscribe;
  }

  private hold(connection: Connection): void {
    if (connection.refusal) {
      this.refuse(connection, connection.refusal);
      return;
    }
    connection.sinceMs = this.deps.clock.monotonicMs();
    connection.waitsSinceMs = connection.sinceMs;
    this.dialler.held.push(connection);
    if (this.pods.size === 0) this.markHeld(connection);
    else this.deps.requestTurns(this);
  }

  private markHeld(connection: Connection): void {
    if (this.ledger.markHeld(connection)) {
      this.deps.events.held(this.route);
      if (this.deps.traces) this.trace(connection, this.deps.traces);
      if (!this.ledger.unread.has(connection)) this.reception.read(connection);
    }
    this.service.wake();
  }

  private trace(connection: Connection, traces: ColdStartTraces): void {
    const { waitsSinceMs: sinceMs, kept } = connection;
    connection.trace ??= traces.begin(this.route, { sinceMs, kept, isFirst: this.service.held === 1 });
    this.service.cause ??= connection.trace?.context;
  }

  private endTrace(connection: Connection, outcome: HoldOutcome): void {
    connection.trace?.end(outcome);
    this.dropCause(connection);
  }

  /** Wakes go no longer below the span of one that does not wait any more. */
  private dropCause({ trace }: Connection): void {
    if (this.service.cause === trace?.context) this.service.cause = undefined;
  }

  private refuse(connection: Connection, reason: RefusalReason): void {
    this.deps.events.refused(this.route, reason);
    this.endTrace(connection, `refused:${reason}`);
    this.dialler.cancel(connection);
    this.ledger.unmarkHeld(connection);
    if (protocolOf(connection.kept) === 'http1') this.reception.sayLast(connection, makeRefusal());
    else this.drop(connection, 'reset');
  }

  private drop(connection: Connection, how: 'close' | 'reset' = 'close'): void {
    this.leave(connection);
    if (how === 'reset') resetSocket(connection.client);
    else connection.client.destroy();
  }

  /** Joins it to the pod that has been dialled. */
  private release(connection: Connection): void {
    const { clock, events } = this.deps;
    const nowMs = clock.monotonicMs();
    const { isHeld, kept, waitsSinceMs, trace } = connection;
    const protocol = protocolOf(kept);
    this.ledger.remove(connection);
    this.ledger.open.push(connection);
    connection.sinceMs = nowMs;
    events.released(this.route, {
      addedSeconds: (nowMs - Math.max(waitsSinceMs, this.readySinceMs)) / 1000,
      heldSeconds: isHeld ? (nowMs - waitsSinceMs) / 1000 : undefined,
      protocol,
    });
    trace?.released({ readySinceMs: this.readySinceMs, protocol });
    this.dropCause(connection);
    openConnection(connection, {
      service: this.service,
      clock,
      kept,
      hasHeader: isHeld && protocol === 'http1' && this.route.settings.hasColdStartHeader,
      onFirstByte: isHeld
        ? (seconds) => {
            events.firstByte(this.route, { seconds });
            trace?.firstByte(seconds);
          }
        : undefined,
      onOver: () => this.finish(connection),
    });
    if (this.dialler.held.size > 0) this.deps.requestTurns(this);
  }

  /** An open connection is over, both sides of it. */
  private finish(connection: Connection): void {
    this.ledger.open.remove(connection);
    this.endTrace(connection, 'ended');
    const { bytesIn, bytesOut, sinceMs } = connection;
    const seconds = (this.deps.clock.monotonicMs() - sinceMs) / 1000;
    this.deps.events.ended(this.route, { bytesIn, bytesOut, seconds });
    this.endIfOver();
  }

  /** One that waits is here no longer. */
  private leave(connection: Connection): void {
    if (!connection.isWaiting) return;
    if (connection.isHeld) this.deps.events.left(this.route);
    this.endTrace(connection, 'left');
    this.dialler.cancel(connection);
    this.ledger.remove(connection);
    this.endIfOver();
  }

  private endIfOver(): void {
    if (!this.isClosed || this.isWaited || this.ledger.open.size > 0) return;
    this.unsubscribe();
    this.deps.onOver(this);
  }
}
