import { type Parent, SERVICES, SLICES } from '../../api/hooks.ts';
import { pausedBy } from '../../api/keda.ts';
import type { EndpointSlice, Service } from '../../api/kubernetes.ts';
import type { Refusal } from '../../core/blocked.ts';
import { emptyContext } from '../../core/context.ts';
import { decideSleep } from '../../core/decide-sleep.ts';
import { enabledPeriodAt } from '../../core/enabled-period.ts';
import { observe, targetOf } from '../../core/observe.ts';
import { sharersOf } from '../../core/sharers.ts';
import type { AutoscalerReading, Context, ElastiService, ScaleReading, Settings } from '../../core/types.ts';
import { viewOf } from '../../core/view.ts';
import type { NamespaceObjects } from './namespace-objects.ts';

export interface Judging {
  readonly objects: NamespaceObjects;
  /** The ElastiServices of the namespace. */
  readonly parents: readonly Parent[];
  readonly resolverSlices: readonly EndpointSlice[];
  readonly settings: Settings;
  readonly now: Date;
}

/**
 * What would keep an ElastiService from sleeping until somebody changes something, were it idle for long: the core's own
 * decision about what is in the cluster now. undefined: nothing would.
 */
export function judge(parent: Parent, elastiService: ElastiService, judging: Judging): Refusal | undefined {
  const { now, parents, objects } = judging;
  // Ports of the resolver are claimed and seen by the hook service alone; the conditions tell of them.
  const settings: Settings = { ...judging.settings, resolver: { ...judging.settings.resolver, routing: 'host' } };
  const idle = longIdle(elastiService, now);
  const facts = observe({ parent, ...groupsOf(elastiService, judging), finalizing: false }, idle, settings);
  const reading = { state: 'idle', reason: 'BelowThreshold', message: '', ageSeconds: 0 } as const;
  const { uid } = elastiService;
  const context: Context = {
    ...emptyContext(now),
    readings: elastiService.spec.triggers.map(() => reading),
    scale: scaleOf(elastiService, objects),
    autoscaler: autoscalerOf(elastiService, objects),
    sharers: { kind: 'found', sharers: sharersOf(parents, { uid, target: facts.target }, now, settings) },
  };
  const view = viewOf({ facts, context }, settings);
  if (view.blocked !== undefined) return view.blocked;
  const sleep = decideSleep(view);
  return sleep.kind === 'prevented' ? sleep : undefined;
}

/** The same ElastiService with no reason of its own to be awake right now. */
function longIdle(elastiService: ElastiService, now: Date): ElastiService {
  const { enabledPeriod, ...spec } = elastiService.spec;
  const isPeriodBad = 'error' in enabledPeriodAt(enabledPeriod, now);
  return {
    ...elastiService,
    createdAt: new Date(0),
    wakeToken: undefined,
    status: undefined,
    spec: { ...spec, cooldownPeriod: 0, ...(isPeriodBad ? { enabledPeriod } : {}) },
  };
}

type Named = Service | EndpointSlice;

function groupsOf({ uid }: ElastiService, { objects, resolverSlices }: Judging) {
  const isOurs = ({ metadata }: Named) =>
    metadata.ownerReferences?.some((owner) => owner.controller === true && owner.uid === uid) === true;
  const { services, slices } = objects;
  // What may not be listed is left out, and so unknown to the core.
  const group = <T extends Named>(key: string, all: readonly T[] | undefined) =>
    all === undefined ? {} : { [key]: byName(all) };
  return {
    children: { [SERVICES]: byName((services ?? []).filter(isOurs)), [SLICES]: byName((slices ?? []).filter(isOurs)) },
    related: { ...group(SERVICES, services), ...group(SLICES, slices && [...slices, ...resolverSlices]) },
  };
}

const byName = <T extends Named>(all: readonly T[]): Record<string, T> =>
  Object.fromEntries(all.map((one) => [`${one.metadata.namespace}/${one.metadata.name}`, one]));

function scaleOf(elastiService: ElastiService, { workloads }: NamespaceObjects): ScaleReading {
  const { kind, name } = targetOf(elastiService);
  const all = workloads[kind];
  if (all === undefined) return { kind: 'failed', reason: 'FORBIDDEN' };
  const found = all.find(({ metadata }) => metadata.name === name);
  return found === undefined ? { kind: 'missing' } : { kind: 'found', replicas: found.spec.replicas ?? 1 };
}

function autoscalerOf({ spec }: ElastiService, { scaledObjects }: NamespaceObjects): AutoscalerReading {
  if (scaledObjects === undefined) return { kind: 'failed', reason: 'FORBIDDEN' };
  const found = scaledObjects.find(({ metadata }) => metadata.name === spec.autoscaler?.name);
  if (found === undefined) return { kind: 'missing' };
  const minReplicaCount = found.spec.minReplicaCount ?? 0;
  return { kind: 'found', pausedBy: pausedBy(found.metadata.annotations ?? {}), minReplicaCount };
}
