import type { ObjectRef } from '../../api/kubernetes.ts';
import { parseElastiService } from '../../core/observe.ts';
import type { ElastiService } from '../../core/types.ts';
import type { Clock } from '../../effects/ports.ts';
import { conditionOf } from '../explain/next.ts';
import { readElastiService } from '../kube/elastiservices.ts';
import type { Kube } from '../kube/kube.ts';
import { withoutStop } from '../words.ts';

export interface Waiting {
  readonly clock: Clock;
  readonly timeoutSeconds: number;
  /** Told of each phase that is passed through. */
  readonly note: (line: string) => void;
}

const POLL_MS = 1000;
/** By then the status is no longer from before what was just written. */
const SYNCED_MS = 3000;

/** Reads the ElastiService again and again until `isThere` says so, or the time is over; the last one read, and whether. */
export async function awaitPhase(
  kube: Kube,
  ref: ObjectRef,
  {
    clock,
    timeoutSeconds,
    note,
    isThere,
    isHopeless,
  }: Waiting & {
    readonly isThere: (elastiService: ElastiService) => boolean;
    /** Waiting cannot help. */
    readonly isHopeless?: (elastiService: ElastiService) => boolean;
  },
): Promise<{ readonly elastiService: ElastiService | { readonly invalid: string }; readonly hasCome: boolean }> {
  const sinceMs = clock.monotonicMs();
  const untilMs = sinceMs + timeoutSeconds * 1000;
  let told: string | undefined;
  for (;;) {
    const elastiService = parseElastiService(await readElastiService(kube, ref));
    if ('invalid' in elastiService) return { elastiService, hasCome: false };
    if (isThere(elastiService)) return { elastiService, hasCome: true };
    const line = stateOf(elastiService);
    if (line !== told) note(line);
    told = line;
    const nowMs = clock.monotonicMs();
    const leftMs = untilMs - nowMs;
    const isOver = leftMs <= 0 || (nowMs - sinceMs >= SYNCED_MS && isHopeless?.(elastiService) === true);
    if (isOver) return { elastiService, hasCome: false };
    await clock.sleep(Math.min(POLL_MS, leftMs));
  }
}

/** Where it stands, in a line. */
export function stateOf(elastiService: ElastiService): string {
  const ready = conditionOf(elastiService, 'Ready');
  const phase = elastiService.status?.phase ?? 'no status yet';
  return ready === undefined ? phase : `${phase}: ${withoutStop(ready.message)}`;
}
