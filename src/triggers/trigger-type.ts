import type { Trigger } from '../api/elastiservice.ts';
import type { Reason } from './reasons.ts';

/** What concerns triggers of an ElastiService. */
export interface TriggeredService {
  readonly namespace: string;
  readonly triggers: readonly Trigger[];
}

/** Outcome of an evaluation, before it is given an age. */
export interface Verdict {
  readonly state: 'active' | 'idle' | 'failed';
  readonly reason: Reason;
  /** Monotonic time at which the server was asked. */
  readonly askedAtMs: number;
}

/** One trigger, ready to be evaluated. Made for one call: of thousands it takes less to make it each time than to keep anything of it. */
export interface Probe {
  /** The remembered verdict where it serves, without waiting. */
  recall(maxAgeMs: number): Verdict | undefined;
  /** The remembered verdict where it serves, else a new one. */
  read(maxAgeMs: number): Promise<Verdict>;
  /** Whether the whole window up to now was idle, and known to be; always freshly asked. */
  prove(windowSeconds: number): Promise<Verdict>;
  /** Lets go of what is remembered. */
  forget(): void;
}

/** A type of trigger: it makes probes of the triggers that carry its name. */
export interface TriggerType {
  readonly type: string;
  /** Makes the probe, or says why the trigger cannot be asked. */
  makeProbe(service: TriggeredService, trigger: Trigger): Probe | { readonly reason: Reason };
}
