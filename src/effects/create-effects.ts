import type { PortRange, Settings } from '../core/types.ts';
import type { Triggers } from '../triggers/triggers.ts';
import { type Answers, type AnswersDeps, createAnswers } from './answers.ts';
import { type CarryOut, type CarryOutDeps, createCarryOut } from './carry-out.ts';
import { createEvents } from './events.ts';
import { createGather, type GatherDeps, type ResolverReads, triggeredServiceOf } from './gather.ts';
import type { ClaimsCluster, ClaimsSight, Clock, Cluster, Logger, Random, SightCluster } from './ports.ts';
import { createRegistry, type Registry } from './registry.ts';
import { createResolverClaims, type ResolverClaims } from './resolver-claims.ts';
import { type AskResolver, createResolverPods } from './resolver-pods.ts';
import { createMirroredReads } from './sight/mirrored-cluster.ts';
import { createNudges, type Nudges, type NudgesDeps } from './sight/nudges.ts';
import { createPreview, TRIED_BUDGET_MS } from './sight/preview.ts';
import { createRelateLive } from './sight/relate-live.ts';
import { createSeenRegistry } from './sight/seen-registry.ts';
import { createRelate } from './sight/sight.ts';
import { createSlicesLeft } from './slices-left.ts';
import { createWakes, type Wakes, type WakesDeps } from './wake.ts';

export interface EffectsDeps
  extends Pick<AnswersDeps, 'onAnswered'>,
    Pick<CarryOutDeps, 'onScaled' | 'onZeroStep'>,
    Pick<GatherDeps, 'findUnusableRules'>,
    Pick<WakesDeps, 'onWake'> {
  readonly cluster: Cluster;
  /** Where wakes go, if they have connections of their own. Default: `cluster`. */
  readonly wakeCluster?: Cluster;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly triggers: Triggers;
  readonly settings: Settings;
  /** Used under routing by port only, where nothing sleeps without it. */
  readonly byPort?: ByPortDeps;
  /** Where our own watch says what decisions rest on, in the place of Metacontroller. */
  readonly sighted?: SightedDeps | undefined;
  /** Laid around parts, as the simulation does to watch them and to plant mistakes. */
  readonly wrap?: {
    readonly registry?: Wrap<Registry>;
    readonly resolver?: Wrap<ResolverReads>;
    readonly carryOut?: Wrap<CarryOut>;
  };
}

/** What routing by port needs: where ports of the resolver are claimed, and how its pods are asked. */
export interface ByPortDeps {
  readonly cluster: ClaimsCluster;
  /** What our own watch shows of the claims, where there is one. */
  readonly sight?: ClaimsSight | undefined;
  readonly ask: AskResolver;
  readonly portRange: PortRange;
}

/** What our own watch shows, and what is done about it. */
export interface SightedDeps extends Pick<NudgesDeps, 'sight' | 'isMine' | 'onNudge'> {
  readonly cluster: SightCluster;
  readonly onBug?: (error: unknown) => void;
}

type Wrap<T> = ((part: T) => T) | undefined;

const wrapped = <T>(part: T, wrap: Wrap<T>): T => wrap?.(part) ?? part;

export interface Effects {
  readonly answers: Answers;
  readonly wakes: Wakes;
  readonly registry: Registry;
  /** The ports of the resolver; undefined where it is not routed by port. */
  readonly claims: ResolverClaims | undefined;
  /** Undefined where Metacontroller watches. */
  readonly nudges: Nudges | undefined;
}

/** Composes what one replica of the hook service is made of, between the cluster and the hooks. */
export function createEffects(deps: EffectsDeps): Effects {
  const { cluster, wakeCluster = cluster, clock, settings, triggers, wrap = {}, onAnswered } = deps;
  const { sighted } = deps;
  const lookedUp = createRegistry(deps);
  const registry = wrapped(sighted ? createSeenRegistry(sighted.sight, lookedUp) : lookedUp, wrap.registry);
  const byPort = settings.resolver.routing === 'port' && deps.byPort ? createByPort(deps, deps.byPort) : undefined;
  const answers = createAnswers({
    clock,
    settings,
    registry,
    gather: createGather({ ...deps, resolver: byPort?.resolver }),
    carryOut: wrapped(createCarryOut(deps), wrap.carryOut),
    recordEvents: createEvents(deps),
    slicesLeft: createSlicesLeft(deps),
    relate: sighted && createRelate({ ...sighted, clock, settings }),
    relateLive: sighted && createRelateLive({ clock, settings, cluster: { ...cluster, ...sighted.cluster } }),
    releasePorts: byPort?.claims.release,
    onAnswered: (answer) => {
      onAnswered?.(answer);
      if (answer.isFinalized) triggers.forget(triggeredServiceOf(answer.elastiService));
    },
  });
  const nudges = sighted && createSighted(deps, sighted, byPort && { ...byPort.resolver, claim: byPort.claims.peek });
  const wakes = createWakes({ ...deps, cluster: wakeCluster, registry });
  return { answers, wakes, registry, claims: byPort?.claims, nudges };
}

/** Tries answers out as /sync would give them, and asks for a sync where they differ from what is so. */
function createSighted(deps: EffectsDeps, sighted: SightedDeps, resolver: ResolverReads | undefined): Nudges {
  const { sight } = sighted;
  const reads = { ...deps.cluster, ...createMirroredReads(sight, deps.cluster) };
  const gather = createGather({ ...deps, cluster: reads, resolver, readingsBudgetMs: TRIED_BUDGET_MS });
  return createNudges({ ...deps, ...sighted, preview: createPreview({ ...deps, sight, gather }) });
}

function createByPort({ clock, log, settings, wrap }: EffectsDeps, { cluster, sight, ask, portRange }: ByPortDeps) {
  const { watchNamespaces = [] } = settings;
  const { namespace } = settings.resolver;
  const claimsSettings = { namespace, portRange, watchNamespaces };
  const claims = createResolverClaims({ cluster, sight, clock, log, settings: claimsSettings });
  return { claims, resolver: wrapped({ ...claims, ...createResolverPods({ ask, clock }) }, wrap?.resolver) };
}
