import { emptyContext } from '../core/context.ts';
import { decideNeeds } from '../core/needs.ts';
import { type Plan, planOf } from '../core/phase.ts';
import type { Context, Facts, Needs, Settings } from '../core/types.ts';
import type { Observation } from '../core/view.ts';
import type { Gather } from './gather.ts';
import type { Clock } from './ports.ts';

/** A decision may need one thing because of another, but never more often than this. */
const MAX_ROUNDS = 12;

export interface Planner<P> {
  plan(observation: Observation, before?: P): P;
  needsOf(planned: P): Needs | undefined;
}

/** Known beside what our own watch shows: whether something may be changed is told by it, and then decided on a live look. */
export const ON_OUR_WATCH: Partial<Context> = { ownUnchanged: { kind: 'found', seconds: Number.POSITIVE_INFINITY } };

/** Plans, and reads what the plan needs beyond what is known already, until it needs no more. */
export async function gatherAll<P>(
  facts: Facts,
  { plan, needsOf }: Planner<P>,
  { clock, gather }: { readonly clock: Pick<Clock, 'now'>; readonly gather: Pick<Gather, 'gather'> },
  known: Partial<Context> = {},
): Promise<{ readonly planned: P; readonly observation: Observation }> {
  let observation: Observation = { facts, context: { ...emptyContext(clock.now()), ...known } };
  let planned = plan(observation);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const needs = needsOf(planned);
    if (needs === undefined) break;
    observation = { facts, context: await gather.gather(facts, observation.context, needs) };
    planned = plan(observation, planned);
  }
  return { planned, observation };
}

/** Plans the answer to a /sync. */
export const syncPlanner = (settings: Settings): Planner<Plan> => ({
  plan: (observation, before) => planOf(observation, settings, before),
  needsOf: decideNeeds,
});
