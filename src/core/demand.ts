import type { TriggerReading } from './types.ts';

/** What all triggers say together. `pending`: not yet known, ask again soon; `unread`: nobody asked. */
export interface Demand {
  readonly state: 'active' | 'idle' | 'unknown' | 'pending' | 'unread';
  readonly reason: string;
  readonly message: string;
  /** Age of the oldest reading that the state rests on. */
  readonly ageSeconds: number;
}

/** The reason where any trigger is active. */
export const TRIGGER_ACTIVE = 'TriggerActive';

/** Combines readings: any active is active; else any failed is unknown; else any pending is pending; else idle. */
export function decideDemand(readings: readonly TriggerReading[]): Demand {
  if (readings.length === 0) return { state: 'unread', reason: 'TriggersUnread', message: '', ageSeconds: 0 };
  const decisive =
    readings.find((r) => r.state === 'active') ??
    readings.find((r) => r.state === 'failed') ??
    readings.find((r) => r.state === 'pending');
  if (decisive === undefined) {
    const ageSeconds = Math.max(...readings.map((r) => r.ageSeconds));
    return { state: 'idle', reason: 'TriggersIdle', message: 'every trigger is idle', ageSeconds };
  }
  const { message, ageSeconds } = decisive;
  if (decisive.state === 'active') return { state: 'active', reason: TRIGGER_ACTIVE, message, ageSeconds };
  if (decisive.state === 'pending') return { state: 'pending', reason: 'TriggersPending', message, ageSeconds };
  return { state: 'unknown', reason: 'TriggersUnknown', message: `${decisive.reason}: ${message}`, ageSeconds };
}
