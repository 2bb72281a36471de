import type { Parent } from '../../api/hooks.ts';
import { decideDemand } from '../../core/demand.ts';
import { observe, parseElastiService } from '../../core/observe.ts';
import { drainPatienceSeconds } from '../../core/phase.ts';
import { activeForSeconds, nextLookSeconds, sync } from '../../core/sync.ts';
import { secondsSince } from '../../core/time.ts';
import type { Context, ElastiService, Facts, Needs, Settings, TriggerReading } from '../../core/types.ts';
import { isIncomplete } from '../../core/view.ts';
import type { Triggers } from '../../triggers/triggers.ts';
import { type Gather, triggeredServiceOf } from '../gather.ts';
import { gatherAll, ON_OUR_WATCH, syncPlanner } from '../gather-all.ts';
import type { Clock } from '../ports.ts';
import { differenceOf } from './difference.ts';
import { ofThoseSeen, type Sight } from './sight.ts';

/** What a /sync would answer now. */
export interface Preview {
  /** What of the answer is not so yet, times apart: the same again is the same; undefined: all is so. */
  readonly difference: string | undefined;
  /** When the answer may differ next, in seconds; undefined: Metacontroller asks before. */
  readonly againInSeconds: number | undefined;
  /** As of activeForSeconds, where nothing differs; `asBefore`: as the last preview said. */
  readonly activeForSeconds: number | undefined | 'asBefore';
}

export interface PreviewDeps {
  readonly sight: Sight;
  readonly settings: Settings;
  readonly clock: Pick<Clock, 'now'>;
  readonly gather: Pick<Gather, 'gather'>;
  readonly triggers: Pick<Triggers, 'refresh'>;
}

/**
 * Of the ElastiService `namespace/name`; isUnheardOf: nothing was heard of it for less than the activeForSeconds of its last preview.
 * Undefined: there is nothing to ask for, or too little is seen to tell.
 */
export type MakePreview = (key: string, options: { readonly isUnheardOf: boolean }) => Promise<Preview | undefined>;

/** Nobody waits for what is only tried out. */
export const TRIED_BUDGET_MS = 10_000;

/** Decides as a /sync would, on what our own watch shows, and carries nothing out. */
export function createPreview({ sight, settings, clock, gather, triggers }: PreviewDeps): MakePreview {
  const planner = syncPlanner(settings);
  const tried = { clock, gather: { gather: assumeAsleep(gather) } };

  /** Undefined: it is new, or deleted, or cannot be read, so that Metacontroller asks of itself; or what is seen of it is old. */
  const find = (key: string) => {
    const parent = sight.mirror.parent(key);
    if (parent === undefined || parent.metadata.deletionTimestamp !== undefined) return undefined;
    if (isNew(parent, clock.now(), settings)) return undefined;
    const elastiService = parseElastiService(parent);
    if ('invalid' in elastiService || isDrainOn(elastiService, clock.now(), settings)) return undefined;
    return sight.isCurrent('elastiServices', parent.metadata.namespace) ? { parent, elastiService } : undefined;
  };

  const refreshTriggers = (key: string): Promise<readonly TriggerReading[]> | undefined => {
    const found = find(key);
    if (found === undefined) return undefined;
    return triggers.refresh(triggeredServiceOf(found.elastiService), {
      maxAgeSeconds: settings.pollSeconds / 2,
      budgetMs: TRIED_BUDGET_MS,
    });
  };

  return async (key, { isUnheardOf }) => {
    // First, while nothing is held yet: what a decision is made of would outlive the young generation while a server answers.
    const readings = await refreshTriggers(key);
    if (readings === undefined) return undefined;
    // What a sync has read since the last look is not asked for again yet.
    const untilOldSeconds = settings.pollSeconds - Math.max(0, ...readings.map(({ ageSeconds }) => ageSeconds));
    if (isUnheardOf && decideDemand(readings).state === 'active') {
      return { difference: undefined, againInSeconds: untilOldSeconds, activeForSeconds: 'asBefore' };
    }
    const found = find(key);
    if (found === undefined) return undefined;
    const { parent, elastiService } = found;
    const all = sight.mirror.relatedOf(parent);
    const children = sight.mirror.childrenOf(parent, all);
    const related = ofThoseSeen(sight, parent, all, settings);
    const facts = observe({ parent, children, related, finalizing: false }, elastiService, settings);
    if (isIncomplete(facts)) return undefined;
    if (parent.status === undefined)
      return { difference: NO_STATUS, againInSeconds: undefined, activeForSeconds: undefined };
    const { planned } = await gatherAll(facts, planner, tried, ON_OUR_WATCH);
    const result = sync(planned);
    const difference = differenceOf(parent, facts, result);
    const nextSeconds = nextLookSeconds(planned, result.scalePatches);
    return {
      difference,
      againInSeconds: nextSeconds === undefined ? undefined : Math.min(nextSeconds, untilOldSeconds),
      activeForSeconds: difference === undefined ? activeForSeconds(planned, result.scalePatches) : undefined,
    };
  };
}

/** Told without a decision: where thousands wait for their first turn, its reads would be most of what the API server does. */
const NO_STATUS = 'no status';

/** It waits for its first turn with Metacontroller, or, later than that, for a retry that may be minutes away. */
const isNew = ({ status, metadata }: Parent, now: Date, { pollSeconds }: Settings): boolean =>
  status === undefined && secondsSince(metadata.creationTimestamp, now) <= pollSeconds;

/** While a drain is on Metacontroller asks each second. A status from a backup may tell of one that is not. */
const isDrainOn = ({ status }: ElastiService, now: Date, settings: Settings): boolean =>
  status?.phase === 'Draining' && secondsSince(status.phaseSince, now) <= drainPatienceSeconds(settings);

/** While it quietly sleeps, replicas are 0 until endpoints say otherwise: to look costs a call for each that sleeps. */
function assumeAsleep(gather: PreviewDeps['gather']): Gather['gather'] {
  return async (facts: Facts, context: Context, needs: Needs) => {
    const isQuiet = needs.scale !== undefined && needs.scale.maxAgeSeconds > 0;
    if (!isQuiet || facts.elastiService.status?.phase !== 'Asleep') return gather.gather(facts, context, needs);
    const { scale: _, ...others } = needs;
    const assumed: Context = { ...context, scale: { kind: 'found', replicas: 0 } };
    return gather.gather(facts, assumed, { ...others, scale: undefined });
  };
}
