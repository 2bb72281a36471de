import type { ElastiServiceSpec } from '../api/elastiservice.ts';
import { pausedBy } from '../api/keda.ts';
import { parseElastiService } from '../core/observe.ts';
import { createRecent, type Recent } from '../core/recent.ts';
import { familiesOf, readyEndpoints } from '../core/resources/resolver-slices.ts';
import { isSame } from '../core/resources/same.ts';
import { sharersOf } from '../core/sharers.ts';
import type {
  AutoscalerReading,
  Context,
  ElastiService,
  Facts,
  LiveResolversReading,
  Needs,
  ScaleReading,
  Settings,
  SharersReading,
  StatusReading,
  UnusableRule,
} from '../core/types.ts';
import { KubeApiError } from '../errors.ts';
import type { TriggeredService } from '../triggers/trigger-type.ts';
import type { Triggers } from '../triggers/triggers.ts';
import { claimRequestOf } from './claim-request.ts';
import { createLookedAt } from './looked-at.ts';
import type { Clock, Cluster } from './ports.ts';
import type { ResolverClaims } from './resolver-claims.ts';
import type { ResolverPods } from './resolver-pods.ts';
import { createSharedRead } from './shared-read.ts';

export interface GatherDeps {
  readonly cluster: Cluster;
  readonly clock: Clock;
  readonly triggers: Pick<Triggers, 'read' | 'prove'>;
  readonly settings: Settings;
  /** How long triggers are waited for. Default: 200. */
  readonly readingsBudgetMs?: number;
  /** Asked under routing by port only. */
  readonly resolver?: ResolverReads | undefined;
  /** Which rules of spec.probeResponse the resolver cannot use. Default: none. */
  readonly findUnusableRules?: (rules: NonNullable<ElastiServiceSpec['probeResponse']>) => readonly UnusableRule[];
}

export type ResolverReads = Pick<ResolverClaims, 'claim'> & ResolverPods;

export interface Gather {
  /** Reads what is needed, side by side, into the context; what cannot be read is a reading that says so. Never throws. */
  gather(facts: Facts, context: Context, needs: Needs): Promise<Context>;
  /** Drops what is remembered of an ElastiService: after an effect on its target, or when it is gone. */
  forget(uid: string): void;
}

/** How long a sync waits for triggers; later answers serve the next one. */
const READINGS_BUDGET_MS = 200;
/** The proof is asked once per sleep, by a sync that has time. */
const PROOF_BUDGET_MS = 2500;
const CALL_TIMEOUT_MS = 1500;
const MAX_REMEMBERED = 50_000;
/** All that sleep may look for the resolver at once. */
const LIVE_RESOLVERS_MS = 2000;

interface Aged<T> {
  readonly reading: T;
  readonly atMs: number;
}

/** Reads for decisions. Only readings that may be old are remembered, per ElastiService. */
export function createGather(deps: GatherDeps): Gather {
  const {
    cluster,
    clock,
    triggers,
    settings,
    resolver = NO_RESOLVER,
    readingsBudgetMs = READINGS_BUDGET_MS,
    findUnusableRules = () => [],
  } = deps;
  const scales = createRecent<Aged<ScaleReading>>(MAX_REMEMBERED);
  const autoscalers = createRecent<Aged<AutoscalerReading>>(MAX_REMEMBERED);
  const sharers = createRecent<Aged<SharersReading>>(MAX_REMEMBERED);
  const lookedAt = createLookedAt(clock);
  const options = { timeoutMs: CALL_TIMEOUT_MS };

  async function aged<T>(
    uid: string,
    { known, maxAgeSeconds, read }: { known: Recent<Aged<T>>; maxAgeSeconds: number; read: () => Promise<T> },
  ): Promise<T> {
    const remembered = known.get(uid);
    if (remembered && clock.monotonicMs() - remembered.atMs <= maxAgeSeconds * 1000) return remembered.reading;
    const atMs = clock.monotonicMs();
    const reading = await read();
    known.set(uid, { reading, atMs });
    return reading;
  }

  const readScale = async ({ target }: Facts): Promise<ScaleReading> => {
    const scale = await orFailed(cluster.readScale(target, options));
    if (isFailed(scale)) return scale;
    return scale === undefined ? { kind: 'missing' } : { kind: 'found', replicas: scale.replicas };
  };

  const readStatus = async ({ elastiService }: Facts): Promise<StatusReading> => {
    const { namespace, name, uid } = elastiService;
    const parent = await orFailed(cluster.readElastiService({ namespace, name }, options));
    if (isFailed(parent)) return parent;
    const live = parent === undefined ? undefined : parseElastiService(parent);
    const isOurs = live !== undefined && 'status' in live && live.uid === uid;
    return { kind: isOurs && isSame(live.status ?? {}, elastiService.status ?? {}) ? 'current' : 'outdated' };
  };

  const readAutoscaler = async ({ elastiService }: Facts): Promise<AutoscalerReading> => {
    const { namespace, spec } = elastiService;
    if (spec.autoscaler?.type !== 'keda') return { kind: 'missing' };
    const found = await orFailed(cluster.readScaledObject({ namespace, name: spec.autoscaler.name }, options));
    if (isFailed(found)) return found;
    if (found === undefined) return { kind: 'missing' };
    return { kind: 'found', pausedBy: pausedBy(found.annotations), minReplicaCount: found.minReplicaCount };
  };

  const readSharers = async ({ elastiService, target }: Facts): Promise<SharersReading> => {
    const { namespace, uid } = elastiService;
    const parents = await orFailed(cluster.listElastiServices({ namespace }, options));
    if (isFailed(parents)) return parents;
    return { kind: 'found', sharers: sharersOf(parents, { uid, target }, clock.now(), settings) };
  };

  const listResolverSlices = createSharedRead(clock, LIVE_RESOLVERS_MS, () =>
    orFailed(cluster.listSlices(settings.resolver.namespace, settings.resolver.serviceName, options)),
  );

  const readLiveResolvers = async ({ publicService }: Facts): Promise<LiveResolversReading> => {
    const slices = await listResolverSlices();
    if (isFailed(slices)) return slices;
    const families: readonly string[] =
      typeof publicService === 'object' ? familiesOf(publicService) : ['IPv4', 'IPv6'];
    const ready = slices.filter((slice) => families.includes(slice.addressType)).flatMap(readyEndpoints);
    return { kind: 'found', count: ready.length };
  };

  const claimPorts = async (facts: Facts, options: { readonly maxAgeSeconds: number }) => {
    const request = claimRequestOf(facts);
    return request === undefined ? { kind: 'unread' as const } : resolver.claim(request, options);
  };

  return {
    forget: (uid) => {
      for (const known of [scales, autoscalers, sharers]) known.delete(uid);
      lookedAt.forget(uid);
    },
    gather: async (facts, context, needs) => {
      const { uid, spec } = facts.elastiService;
      const service = triggeredServiceOf(facts.elastiService);
      const gathered: { -readonly [K in keyof Context]: Context[K] } = { ...context };
      const reads: Promise<void>[] = [];
      const read = <K extends keyof Context>(key: K, reading: Promise<Context[K]>) => {
        const take = (value: Context[K]) => {
          gathered[key] = value;
        };
        reads.push(reading.then(take));
      };

      if (needs.readings) {
        read('readings', triggers.read(service, { ...needs.readings, budgetMs: readingsBudgetMs }));
      }
      if (needs.proof) read('proof', triggers.prove(service, { ...needs.proof, budgetMs: PROOF_BUDGET_MS }));
      if (needs.scale) read('scale', aged(uid, { known: scales, ...needs.scale, read: () => readScale(facts) }));
      if (needs.status) read('status', readStatus(facts));
      if (needs.autoscaler) {
        read('autoscaler', aged(uid, { known: autoscalers, ...needs.autoscaler, read: () => readAutoscaler(facts) }));
      }
      if (needs.sharers) {
        read('sharers', aged(uid, { known: sharers, ...needs.sharers, read: () => readSharers(facts) }));
      }
      if (needs.liveResolvers) read('liveResolvers', readLiveResolvers(facts));
      if (needs.resolverPorts) read('resolverPorts', claimPorts(facts, needs.resolverPorts));
      if (needs.listening) read('listening', resolver.listening(facts.resolverPods, needs.listening.ports));
      if (needs.flows) read('flows', resolver.flows(facts.resolverPods, [uid, ...uidsOf(context.sharers)]));
      if (needs.ownUnchanged) {
        gathered.ownUnchanged = { kind: 'found', seconds: lookedAt.sameFor(uid, facts.ownSlices) };
      }
      if (needs.probeRules) {
        gathered.probeRules = { kind: 'found', unusable: findUnusableRules(spec.probeResponse ?? []) };
      }
      await Promise.all(reads);
      return gathered;
    },
  };
}

/** What concerns its triggers. */
export const triggeredServiceOf = ({ namespace, spec }: ElastiService): TriggeredService => ({
  namespace,
  triggers: spec.triggers,
});

/** Connections of those that share the target end with its pods too. */
const uidsOf = (sharers: SharersReading): readonly string[] =>
  sharers.kind === 'found' ? sharers.sharers.map(({ uid }) => uid) : [];

/** Stands where nobody provides one: nothing is claimed, so that nothing sleeps. */
const NO_RESOLVER: ResolverReads = {
  claim: async () => ({ kind: 'failed', reason: 'UNAVAILABLE' }),
  listening: async () => ({ kind: 'found', addresses: [] }),
  flows: async () => ({ kind: 'failed', reason: 'UNAVAILABLE' }),
};

interface Failed {
  readonly kind: 'failed';
  readonly reason: string;
}

async function orFailed<T>(call: Promise<T>): Promise<T | Failed> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KubeApiError) return { kind: 'failed', reason: error.code };
    throw error;
  }
}

const isFailed = (value: unknown): value is Failed =>
  typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'failed';
