import type { Clock, Random } from '../effects/ports.ts';
import type { SpanContext } from '../telemetry/traces/span.ts';
import type { Share } from './budget.ts';
import type { ResolverEvents } from './events.ts';
import { WAKE_REPEAT_MS, WAKE_RETRY_MS } from './limits.ts';
import type { Claim, SendWake } from './ports.ts';

export interface ServiceDeps {
  readonly sendWake: SendWake;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly random: Pick<Random, 'next'>;
  readonly events: Pick<ResolverEvents, 'wakeEnded'>;
}

/** One ElastiService, with what its ports have in common: the wake and the counts. */
export class Service implements Share {
  claim: Claim;
  /** Connections that have not reached a pod, whatever they wait for. */
  waiting = 0;
  /** Of these, those that wait for a pod. */
  held = 0;
  keptBytes = 0;
  open = 0;
  bytesIn = 0;
  bytesOut = 0;
  lastByteAtMs: number | undefined;
  /** The span of a connection that is held, which wakes go below. */
  cause: SpanContext | undefined;
  private isSending = false;
  private nextWakeAtMs = 0;
  private readonly deps: ServiceDeps;

  constructor(claim: Claim, deps: ServiceDeps) {
    this.claim = claim;
    this.deps = deps;
  }

  /** Wakes the service, unless that is under way or was done just now. */
  wake(): void {
    const startedAtMs = this.deps.clock.monotonicMs();
    if (this.isSending || startedAtMs < this.nextWakeAtMs) return;
    this.isSending = true;
    void this.send(startedAtMs);
  }

  private async send(startedAtMs: number): Promise<void> {
    const { clock, events, random, sendWake } = this.deps;
    const isSent = await sendWake(this.claim, this.held, this.cause).then(
      () => true,
      () => false,
    );
    const nowMs = clock.monotonicMs();
    this.isSending = false;
    // Spread, so that many services whose wakes failed together do not try again together.
    this.nextWakeAtMs = isSent ? startedAtMs + WAKE_REPEAT_MS : nowMs + WAKE_RETRY_MS * (0.5 + random.next());
    events.wakeEnded(this.claim, { isSent, seconds: (nowMs - startedAtMs) / 1000 });
  }
}
