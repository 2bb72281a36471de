import type { ElastiServiceSpec } from '../../api/elastiservice.ts';
import { emptyContext } from '../../core/context.ts';
import { decideNeeds } from '../../core/needs.ts';
import { observe, parseElastiService } from '../../core/observe.ts';
import { planOf } from '../../core/phase.ts';
import { sync } from '../../core/sync.ts';
import type { Context, Needs, ScalePatch, Settings, SyncResult } from '../../core/types.ts';
import type { Range } from './history.ts';
import { createRequests, type Model, type Observed } from './model.ts';
import { proofAt, readingAt, type TriggerHistory } from './readings.ts';

export interface ReplayOptions {
  readonly elastiService: { readonly namespace: string; readonly name: string; readonly spec: ElastiServiceSpec };
  /** One for each trigger, in order. */
  readonly histories: readonly TriggerHistory[];
  readonly range: Range;
  readonly settings: Settings;
  /** From a raise until its pods are ready. */
  readonly startSeconds: number;
  /** A value above this means that a request came. */
  readonly requestsAbove: number;
}

/** What would have happened. */
export interface Replay {
  /** When replicas were 0, one after the other. */
  readonly sleeps: readonly { readonly fromMs: number; readonly toMs: number }[];
  /** When a request came while replicas were 0. */
  readonly coldHitsAtMs: readonly number[];
  /** When it was woken without a request: by a trigger or the end of its enabled period. */
  readonly otherWakesAtMs: readonly number[];
  /** Reasons that kept it awake, by how many seconds each did. */
  readonly awakeSeconds: ReadonlyMap<string, number>;
}

/** A decision may need one thing because of another, but never more often than this. */
const MAX_ROUNDS = 8;
/** From an answer that changes something to the sync that its own writes cause. */
const ECHO_MS = 50;

/** Replays the past through the core: the same decisions on the same readings, with a model in the cluster's place. */
export function replay({
  elastiService,
  histories,
  range,
  settings,
  startSeconds,
  requestsAbove,
}: ReplayOptions): Replay {
  const { spec } = elastiService;
  const createdAt = new Date(range.startMs - 30 * 86_400_000).toISOString();
  const requestOf = createRequests(elastiService, { resolver: settings.resolver, createdAt });
  const model: Model = {
    replicas: spec.minTargetReplicas,
    readyAtMs: range.startMs,
    status: servingSince(range.startMs),
    wakeToken: undefined,
    children: [],
  };
  const sleeps: { fromMs: number; toMs: number }[] = [];
  const coldHitsAtMs: number[] = [];
  const otherWakesAtMs: number[] = [];
  const awakeSeconds = new Map<string, number>();
  let asleepSinceMs: number | undefined;

  const isReady = (nowMs: number) => model.replicas > 0 && (model.readyAtMs ?? Number.POSITIVE_INFINITY) <= nowMs;

  /** Requests of the last step reach the resolver where traffic is redirected, and wake. */
  const arrive = (nowMs: number) => {
    const hasCome = histories.some(({ value }) => {
      const sample = value.samples[Math.round((nowMs - value.startMs) / value.stepMs)];
      return typeof sample === 'number' && sample > requestsAbove;
    });
    const isWoken = model.wakeToken !== undefined && model.wakeToken !== servedWakeOf(model);
    if (!hasCome || isWoken) return;
    if (model.replicas === 0) coldHitsAtMs.push(nowMs);
    else if (isReady(nowMs) && phaseOf(model) !== 'Draining') return;
    model.wakeToken = `${new Date(nowMs).toISOString()}/${nowMs}`;
  };

  const carryOut = (patch: ScalePatch, nowMs: number) => {
    if (patch.kind === 'sleep') {
      model.replicas = 0;
      model.readyAtMs = undefined;
      asleepSinceMs = nowMs;
    } else if (model.replicas === 0) {
      model.replicas = patch.replicas;
      model.readyAtMs = nowMs + startSeconds * 1000;
      if (patch.cause !== 'Wake') otherWakesAtMs.push(nowMs);
      if (asleepSinceMs !== undefined) sleeps.push({ fromMs: asleepSinceMs, toMs: nowMs });
      asleepSinceMs = undefined;
    }
  };

  const syncAt = (nowMs: number): number => {
    const result = decide(nowMs);
    const before = model.children;
    model.status = result.status;
    model.children = applyChildren(before, result, nowMs);
    for (const patch of result.scalePatches) carryOut(patch, nowMs);
    const isChanged = model.children.length !== before.length;
    const nextMs = nowMs + (isChanged ? ECHO_MS : result.resyncAfterSeconds * 1000);
    // Pods that become ready cause a sync too.
    const becomesReadyMs = model.readyAtMs !== undefined && model.readyAtMs > nowMs ? model.readyAtMs : nextMs;
    return Math.min(nextMs, becomesReadyMs);
  };

  const decide = (nowMs: number): SyncResult => {
    const request = requestOf(model, nowMs);
    const parsed = parseElastiService(request.parent);
    if ('invalid' in parsed) throw new Error(parsed.invalid);
    const facts = observe(request, parsed, settings);
    let context = emptyContext(new Date(nowMs));
    for (let round = 0; ; round++) {
      const plan = planOf({ facts, context }, settings);
      const needs = round < MAX_ROUNDS ? decideNeeds(plan) : undefined;
      if (needs === undefined) return sync(plan);
      context = { ...context, ...gather(needs, nowMs) };
    }
  };

  const gather = (needs: Needs, atMs: number): Partial<Context> => {
    const ofEach = (read: (history: TriggerHistory, threshold: string | number) => Context['readings'][number]) =>
      histories.flatMap((history, i) => read(history, spec.triggers[i]?.metadata.threshold ?? Number.NaN));
    const { readings, proof } = needs;
    return {
      ...(readings ? { readings: ofEach((history, threshold) => readingAt(history, threshold, atMs)) } : {}),
      ...(proof ? { proof: ofEach((history, threshold) => proofAt(history, threshold, { atMs, ...proof })) } : {}),
      ...(needs.scale ? { scale: { kind: 'found', replicas: model.replicas } } : {}),
      ...(needs.status ? { status: { kind: 'current' } } : {}),
      ...(needs.autoscaler ? { autoscaler: { kind: 'found', pausedBy: 'nobody', minReplicaCount: 1 } } : {}),
      ...(needs.sharers ? { sharers: { kind: 'found', sharers: [] } } : {}),
      ...(needs.liveResolvers ? { liveResolvers: { kind: 'found', count: 1 } } : {}),
    };
  };

  let nextSyncMs = range.startMs;
  for (let stepMs = range.startMs; stepMs <= range.endMs; stepMs += range.stepMs) {
    const tokenBefore = model.wakeToken;
    arrive(stepMs);
    if (model.wakeToken !== tokenBefore) nextSyncMs = stepMs;
    const untilMs = Math.min(stepMs + range.stepMs, range.endMs);
    while (nextSyncMs < untilMs) {
      const atMs = nextSyncMs;
      nextSyncMs = Math.max(syncAt(atMs), atMs + 1);
      if (model.replicas > 0) count(awakeSeconds, reasonOf(model), (Math.min(nextSyncMs, range.endMs) - atMs) / 1000);
    }
  }
  if (asleepSinceMs !== undefined) sleeps.push({ fromMs: asleepSinceMs, toMs: range.endMs });
  return { sleeps, coldHitsAtMs, otherWakesAtMs, awakeSeconds };
}

const servingSince = (atMs: number) => {
  const since = new Date(atMs).toISOString();
  return { observedGeneration: 1, mode: 'serve', phase: 'Serving', phaseSince: since, readySince: since };
};

function applyChildren(before: readonly Observed[], { children }: SyncResult, nowMs: number): readonly Observed[] {
  return children.map((child) => {
    const same = before.find(
      ({ child: { kind, metadata } }) => kind === child.kind && metadata.name === child.metadata.name,
    );
    // The API server cuts its times to whole seconds.
    return { child, madeAt: same?.madeAt ?? new Date(Math.floor(nowMs / 1000) * 1000).toISOString() };
  });
}

const statusOf = ({ status }: Model) => status as SyncResult['status'];
const servedWakeOf = (model: Model) => statusOf(model).servedWake;
const phaseOf = (model: Model) => statusOf(model).phase;
const reasonOf = (model: Model): string =>
  statusOf(model).conditions?.find(({ type }) => type === 'Ready')?.reason ?? 'Unknown';

const count = (sums: Map<string, number>, key: string, more: number): void =>
  void sums.set(key, (sums.get(key) ?? 0) + more);
