import { targetOf } from '../../core/observe.ts';
import type { ElastiService } from '../../core/types.ts';
import { pendingWake } from '../../core/wake-token.ts';
import type { Will } from '../../core/will.ts';
import { adviceFor } from './advice.ts';
import type { EventNow } from './events.ts';
import { conditionOf, type Next } from './next.ts';
import type { TriggerNow } from './triggers.ts';

/** All there is to say about one ElastiService; its fields are those of `--output json`. */
export interface Explanation {
  readonly namespace: string;
  readonly name: string;
  readonly service: string;
  readonly target: string;
  readonly replicas: number | null;
  readonly phase: string | null;
  readonly since: string | null;
  readonly mode: string | null;
  /** The last decision, as the hook service put it. */
  readonly decision: { readonly reason: string; readonly message: string } | null;
  readonly next: { readonly what: string; readonly at: string | null };
  readonly cooldownSeconds: number;
  readonly idleSince: string | null;
  readonly conditions: readonly ExplainedCondition[];
  readonly triggers: readonly TriggerNow[];
  readonly wake: { readonly at: string | null; readonly isPending: boolean } | null;
  /** What a person wants, by annotation: none, off, keptAwake, sleepAsked or unreadable. */
  readonly will: { readonly kind: string; readonly until: string | null };
  readonly wokenBy: string | null;
  readonly isSpecNewer: boolean;
  readonly isBeingDeleted: boolean;
  /** null: they may not be read. */
  readonly events: readonly EventNow[] | null;
}

export interface ExplainedCondition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  readonly since: string;
  /** What somebody can do about it; null where nothing has to be done. */
  readonly todo: string | null;
}

/** Puts together what is known of an ElastiService. */
export function explain(
  elastiService: ElastiService,
  found: {
    readonly next: Next;
    readonly will: Will;
    readonly replicas: number | null;
    readonly triggers: readonly TriggerNow[];
    readonly events: readonly EventNow[] | undefined;
  },
): Explanation {
  const { namespace, name, spec, status, generation, wakeToken, deletedAt } = elastiService;
  const { kind, name: targetName } = targetOf(elastiService);
  // Ready may tell of a failed scale; what was decided stands in Asleep, whatever the phase.
  const ready = conditionOf(elastiService, 'Ready');
  return {
    namespace,
    name,
    service: spec.service,
    target: `${kind}/${targetName}`,
    replicas: found.replicas,
    phase: status?.phase ?? null,
    since: status?.phaseSince ?? null,
    mode: status?.mode ?? null,
    decision: ready === undefined ? null : { reason: ready.reason, message: ready.message },
    next: { what: found.next.what, at: found.next.at ?? null },
    cooldownSeconds: spec.cooldownPeriod,
    idleSince: status?.idleSince ?? null,
    conditions: (status?.conditions ?? []).map(({ type, status: holds, reason, message, lastTransitionTime }) => ({
      type,
      status: holds,
      reason,
      message,
      since: lastTransitionTime,
      todo: adviceFor(reason) ?? null,
    })),
    triggers: found.triggers,
    wake:
      wakeToken === undefined
        ? null
        : { at: timeOf(wakeToken) ?? null, isPending: pendingWake(elastiService) !== undefined },
    will: { kind: found.will.kind, until: found.will.kind === 'keptAwake' ? found.will.until.toISOString() : null },
    wokenBy: status?.wokenBy ?? null,
    isSpecNewer: status?.observedGeneration !== undefined && status.observedGeneration !== generation,
    isBeingDeleted: deletedAt !== undefined,
    events: found.events ?? null,
  };
}

/** The time in a wake token, which is for people only. */
function timeOf(token: string): string | undefined {
  const text = token.split('/')[0] ?? '';
  return Number.isNaN(Date.parse(text)) ? undefined : text;
}
