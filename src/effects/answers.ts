import {
  type CustomizeRequest,
  type CustomizeResponse,
  type FinalizeResponse,
  SLICES,
  type SyncRequest,
  type SyncResponse,
} from '../api/hooks.ts';
import { checkAnswer } from '../core/check-answer.ts';
import { customize } from '../core/customize.ts';
import { decideFinalizeNeeds, finalize } from '../core/finalize.ts';
import { finalizeInvalid, syncInvalid } from '../core/invalid.ts';
import { observe, parseElastiService } from '../core/observe.ts';
import { withOutcomes } from '../core/outcomes.ts';
import { listChildren, observedChildren } from '../core/resources/children.ts';
import { sync } from '../core/sync.ts';
import type { ElastiService, Facts, FinalizeResult, Settings, SyncResult } from '../core/types.ts';
import { isIncomplete, type Observation } from '../core/view.ts';
import type { CarryOut } from './carry-out.ts';
import type { RecordEvents } from './events.ts';
import type { Gather } from './gather.ts';
import { gatherAll, ON_OUR_WATCH, syncPlanner } from './gather-all.ts';
import type { Clock } from './ports.ts';
import type { Registry } from './registry.ts';
import { differenceOf } from './sight/difference.ts';
import type { RelateLive } from './sight/relate-live.ts';
import type { Relate } from './sight/sight.ts';
import type { SlicesLeft } from './slices-left.ts';
import { waitAtMost } from './wait-at-most.ts';

export interface AnswersDeps {
  readonly clock: Clock;
  readonly settings: Settings;
  readonly gather: Gather;
  readonly carryOut: CarryOut;
  readonly recordEvents: RecordEvents;
  readonly registry: Registry;
  readonly slicesLeft: SlicesLeft;
  /** Says what is related, where that does not come with the request. */
  readonly relate?: Relate | undefined;
  /** Says what is related by a live look, for answers that change something; beside `relate`. */
  readonly relateLive?: RelateLive | undefined;
  /** Told of each ElastiService that goes, to free the ports of the resolver that it has. Never rejects. */
  readonly releasePorts?: ((uid: string) => Promise<void>) | undefined;
  /** Told of each answer about an ElastiService whose spec could be read. */
  readonly onAnswered?: (answer: AnsweredHook) => void;
}

export interface AnsweredHook {
  readonly hook: 'sync' | 'finalize';
  readonly elastiService: ElastiService;
  readonly status: SyncResult['status'];
  readonly seconds: number;
  /** The finalizer goes with this answer: what is kept of the ElastiService can be dropped. */
  readonly isFinalized: boolean;
}

/** The hooks as functions of their bodies. `arrivedAtMs`: monotonic time at which the request arrived. */
export interface Answers {
  sync(body: SyncRequest, arrivedAtMs: number): Promise<SyncResponse>;
  finalize(body: SyncRequest, arrivedAtMs: number): Promise<FinalizeResponse>;
  customize(body: CustomizeRequest): CustomizeResponse;
}

/** An answer that drops slices rests on what the request showed; older than this it drops nothing. */
const MAX_AGE_MS = 1000;
const RELEASE_BUDGET_MS = 1000;

/** Observes, gathers what the decision needs, lets the core decide, carries out its effects, and answers. */
export function createAnswers(deps: AnswersDeps): Answers {
  const { clock, settings, gather, carryOut, recordEvents, registry, slicesLeft } = deps;
  const relate = deps.relate ?? ((body: SyncRequest) => body);

  const secondsFrom = (startMs: number) => (clock.monotonicMs() - startMs) / 1000;

  const planSync = syncPlanner(settings);
  const finalizePlan = { plan: (o: Observation) => o, needsOf: (o: Observation) => decideFinalizeNeeds(o, settings) };

  /**
   * What our own watch shows is enough to see that nothing is to be done; whatever changes anything rests on a live look, and so does
   * everything where it shows too little.
   */
  async function decide(body: SyncRequest, elastiService: ElastiService) {
    const facts = observe(await relate(body), elastiService, settings);
    const { planned, observation } = await gatherAll(facts, planSync, deps, ON_OUR_WATCH);
    const result = sync(planned);
    const isAtRest = () => !isIncomplete(facts) && differenceOf(body.parent, facts, result) === undefined;
    if (!deps.relateLive || isAtRest()) return { facts, observation, result };
    const live = observe(await deps.relateLive(body, elastiService), elastiService, settings);
    // What was read a moment ago of neither Service nor resolver need not be read once more.
    const { scale, autoscaler, sharers } = observation.context;
    const again = await gatherAll(live, planSync, deps, { scale, autoscaler, sharers });
    return { facts: live, observation: again.observation, result: sync(again.planned) };
  }

  async function carryOutAll<T extends SyncResult>(
    result: T,
    { facts, context }: Observation,
    arrivedAtMs: number,
  ): Promise<T> {
    const { elastiService } = facts;
    // What came before tells occurrences apart: a sync repeated on the same status means the same transition.
    const occurrence = elastiService.status?.phaseSince ?? '';
    recordEvents(result.events, { elastiService, occurrence });
    if (result.scalePatches.length === 0) return result;
    const outcomes = await carryOut(result.scalePatches, { observedAtMs: arrivedAtMs, elastiService });
    gather.forget(elastiService.uid);
    const carriedOut = result.scalePatches.flatMap((patch, i) => {
      const outcome = outcomes[i];
      return outcome === undefined ? [] : [{ patch, outcome }];
    });
    const status = withOutcomes(result.status, carriedOut, { facts, now: context.now });
    // One of too many comes again with its next poll: they would only meet again in a moment.
    const isOneOfTooMany = outcomes.some((outcome) => outcome.kind === 'refused' && outcome.reason === 'RateLimited');
    const resyncAfterSeconds = isOneOfTooMany ? settings.pollSeconds : result.resyncAfterSeconds;
    return { ...result, status, resyncAfterSeconds };
  }

  /** What is not free by then goes on, and what fails is found by the sweep. */
  const release = async (uid: string) => {
    if (deps.releasePorts) await waitAtMost(clock, RELEASE_BUDGET_MS, deps.releasePorts(uid));
  };

  return {
    async sync(body, arrivedAtMs) {
      const { namespace } = body.parent.metadata;
      const elastiService = parseElastiService(body.parent);
      if ('invalid' in elastiService) {
        const { invalid } = elastiService;
        return toSyncResponse(syncInvalid({ request: body, invalid, now: clock.now() }, settings), namespace);
      }
      const { name, uid, createdAt, spec } = elastiService;
      const { facts, observation, result: decided } = await decide(body, elastiService);
      // A wake is for the one that has the Service, which is the one that redirects it.
      if (facts.claimedBy === undefined) registry.remember(namespace, spec.service, { name, uid, createdAt });
      else registry.forget(uid);
      const result = await carryOutAll(decided, observation, arrivedAtMs);
      const { status } = result;
      deps.onAnswered?.({ hook: 'sync', elastiService, status, seconds: secondsFrom(arrivedAtMs), isFinalized: false });
      const isOld = clock.monotonicMs() - arrivedAtMs > MAX_AGE_MS;
      if (isOld && isDroppingSlices(body, result)) return toSyncResponse(keepAll(facts, body), namespace);
      return toSyncResponse(result, namespace);
    },

    async finalize(body, arrivedAtMs) {
      const { namespace } = body.parent.metadata;
      const elastiService = parseElastiService(body.parent);
      if ('invalid' in elastiService) {
        const { invalid } = elastiService;
        const result = finalizeInvalid({ request: body, invalid, now: clock.now() }, settings);
        if (result.finalized) await release(body.parent.metadata.uid);
        return toFinalizeResponse(result, namespace);
      }
      const request = deps.relateLive ? await deps.relateLive(body, elastiService) : body;
      const facts = observe(request, elastiService, settings);
      const { observation } = await gatherAll(facts, finalizePlan, deps);
      const result = await carryOutAll(finalize(observation, settings), observation, arrivedAtMs);
      const { status } = result;
      const isFinalized = result.finalized && !(await slicesLeft(elastiService));
      if (isFinalized) {
        registry.forget(elastiService.uid);
        gather.forget(elastiService.uid);
        await release(elastiService.uid);
      }
      deps.onAnswered?.({ hook: 'finalize', elastiService, status, seconds: secondsFrom(arrivedAtMs), isFinalized });
      return toFinalizeResponse({ ...result, finalized: isFinalized }, namespace);
    },

    customize(body) {
      const elastiService = parseElastiService(body.parent);
      return 'invalid' in elastiService ? { relatedResources: [] } : customize(elastiService, settings);
    },
  };
}

function isDroppingSlices(body: SyncRequest, { children }: SyncResult): boolean {
  const kept = new Set(children.map((child) => child.metadata.name));
  return Object.values(body.children[SLICES] ?? {}).some((slice) => !kept.has(slice.metadata.name));
}

/** Keeps children and status as they are and asks to be called again at once. */
function keepAll(facts: Facts, body: SyncRequest): SyncResult {
  return {
    status: (body.parent.status ?? {}) as SyncResult['status'],
    children: listChildren(observedChildren(facts)),
    resyncAfterSeconds: 0.1,
    scalePatches: [],
    events: [],
  };
}

// Effects never go on the wire: Metacontroller decodes its answers strictly.
function toSyncResponse({ status, children, resyncAfterSeconds }: SyncResult, namespace: string): SyncResponse {
  return checkAnswer({ status, children, resyncAfterSeconds }, namespace);
}

function toFinalizeResponse(result: FinalizeResult, namespace: string): FinalizeResponse {
  return { ...toSyncResponse(result, namespace), finalized: result.finalized };
}
