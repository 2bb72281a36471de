import type { Trigger } from '../api/elastiservice.ts';
import type { Reason } from './reasons.ts';

/** What concerns triggers of an ElastiService. One uid and generation always stand for the same content. */
export interface TriggeredService {
  readonly namespace: string;
  readonly uid: string;
  readonly generation: number;
  readonly triggers: readonly Trigger[];
  readonly cooldownSeconds: number;
}

/** Outcome of an evaluation, before it is given an age. */
export interface Verdict {
  readonly state: 'active' | 'idle' | 'failed';
  readonly reason: Reason;
  /** Monotonic time at which the server was asked. */
  readonly askedAtMs: number;
}

/** One trigger of one generation of an ElastiService, ready to be evaluated. Made for one call: what is kept is its key. */
export interface Probe {
  /** The remembered verdict where it serves, without waiting. */
  recall(maxAgeMs: number): Verdict | undefined;
  /** The remembered verdict where it serves, else a new one. */
  read(maxAgeMs: number): Promise<Verdict>;
  /** Whether the whole window up to now was idle, and known to be; always freshly asked. */
  prove(windowSeconds: number): Promise<Verdict>;
}

/** A type of trigger: it makes probes of the triggers that carry its name. */
export interface TriggerType {
  readonly type: string;
  /** What the answers to a trigger are remembered under, or why it cannot be asked. It takes a while: keep it. */
  makeKey(service: TriggeredService, trigger: Trigger): string | { readonly reason: Reason };
  makeProbe(service: TriggeredService, trigger: Trigger, key: string): Probe;
  /** Lets go of what is remembered under a key. */
  forget(key: string): void;
}
