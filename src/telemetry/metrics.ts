import { type Counter, collectDefaultMetrics, Registry } from 'prom-client';
import { PHASES, type Phase } from '../api/elastiservice.ts';
import type { ObjectRef, Target } from '../api/kubernetes.ts';
import type { Outcome } from '../core/types.ts';
import type { Clock } from '../effects/ports.ts';
import { createKubeElastiCollectors, createOwnCollectors } from './collectors.ts';
import { exposeAll } from './expose-all.ts';
import { codeLabel, type Hook, type MetricCode, reasonLabel, routeLabel, statusLabel } from './metric-labels.ts';
import { createSeriesOwners } from './series-owners.ts';

// Each ElastiService has a hook at least every 10 minutes. Where none comes for longer it was deleted, or another
// replica has its hooks now: only one replica hears of a deletion, so that all of them go by the silence.
const MAX_SILENCE_MS = 15 * 60_000;
const SWEEP_MS = 60_000;

export interface Metrics {
  /** All metrics in Prometheus' text format. */
  expose(): Promise<{ readonly contentType: string; readonly body: Buffer }>;
  /** A sync or finalize hook of an ElastiService was answered; service is what its spec names, where it is valid. */
  reconciled(
    ref: ObjectRef,
    answer: {
      readonly hook: Hook;
      readonly service: string | undefined;
      readonly seconds: number;
      readonly code: MetricCode;
      readonly mode?: 'serve' | 'proxy' | undefined;
      readonly phase?: Phase | undefined;
    },
  ): void;
  /** A finalize hook let go of the ElastiService, or failed. */
  finalized(ref: ObjectRef, code: MetricCode): void;
  /** A hook answered with a status other than the observed one. */
  statusChanged(ref: ObjectRef, mode: 'serve' | 'proxy', code: MetricCode): void;
  /** Replicas of a target were written, or could not be. */
  scaled(write: {
    readonly namespace: string;
    readonly service: string;
    readonly target: Pick<Target, 'kind' | 'name'>;
    readonly code: MetricCode;
  }): void;
  /** Time from a hook request to its answer, of any hook. */
  hookTimed(hook: Hook, seconds: number): void;
  zeroStepEnded(outcome: Pick<Outcome, 'kind'>): void;
  /** From the wake request to the replicas patched. */
  woken(seconds: number): void;
  /** A sleep is over; podSeconds is its length times the replicas that it saved. */
  slept(podSeconds: number): void;
  triggerRead(reason: string): void;
  kubeCalled(verb: string, resource: string, code: MetricCode): void;
  httpAnswered(route: string, status: number): void;
  /** The ElastiService is gone: its gauges end now, its counters when they have been scraped. */
  forget(ref: ObjectRef): void;
}

/** Series of single ElastiServices are kept in so many parts, since they are written part by part. */
const SHARDS = 16;

interface Shard {
  readonly registry: Registry;
  readonly collectors: ReturnType<typeof createKubeElastiCollectors>;
}

function createShard(): Shard {
  const registry = new Registry();
  return { registry, collectors: createKubeElastiCollectors(registry) };
}

const registryOf = ({ registry }: Shard): Registry => registry;

function shardOf(owner: string): number {
  let hash = 0;
  for (let i = 0; i < owner.length; i++) hash = (hash * 31 + owner.charCodeAt(i)) | 0;
  return (hash >>> 0) % SHARDS;
}

/** Creates the metrics, in registries of their own. */
export function createMetrics({ monotonicMs }: Pick<Clock, 'monotonicMs'>): Metrics {
  const registry = new Registry();
  // The default looks at the event loop 100 times a second, however idle it is.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const shards = Array.from({ length: SHARDS }, createShard);
  const theirsOf = (owner: string) => (shards[shardOf(owner)] as Shard).collectors;
  const ours = createOwnCollectors(registry);
  const owners = createSeriesOwners(monotonicMs);
  const phases = new Map<string, Phase>();
  const modes = new Map<string, string>();
  for (const phase of PHASES) ours.phases.set({ phase }, 0);
  const { informerCount } = theirsOf('');
  informerCount.set({ informer_name: 'elastiservices' }, 0);

  const setPhase = (name: string, phase: Phase | undefined) => {
    const before = phases.get(name);
    if (before === phase) return;
    if (before) ours.phases.dec({ phase: before });
    if (phase) ours.phases.inc({ phase });
    if (phase) phases.set(name, phase);
    else phases.delete(name);
    informerCount.set({ informer_name: 'elastiservices' }, phases.size);
  };

  const setMode = (name: string, mode: 'serve' | 'proxy') => {
    // Hashing labels is what costs most in a hook's metrics, and a mode seldom changes.
    if (modes.get(name) === mode) return;
    modes.set(name, mode);
    const labels = { crd_name: name };
    const gauge = theirsOf(name).mode;
    owners.own(name, gauge, labels);
    gauge.set(labels, mode === 'proxy' ? 1 : 0);
  };

  const count = <L extends string>(owner: string, counter: Counter<L>, labels: Record<L, string>) => {
    owners.own(owner, counter, labels);
    counter.inc(labels);
  };

  let sweptAtMs = monotonicMs();
  const sweep = () => {
    sweptAtMs = monotonicMs();
    for (const owner of owners.sweep(MAX_SILENCE_MS)) {
      setPhase(owner, undefined);
      modes.delete(owner);
    }
  };

  const touchOwner = (owner: string): boolean => {
    const isNew = owners.touch(owner);
    // Where nobody scrapes, newcomers make room for themselves.
    if (isNew && monotonicMs() - sweptAtMs > SWEEP_MS) sweep();
    return isNew;
  };

  /** Gives the label crd_name. */
  const touch = (ref: ObjectRef): string => {
    const name = crdName(ref);
    const labels = { crd_name: name, action: 'add', error: 'success' };
    if (touchOwner(name)) count(name, theirsOf(name).informer, labels);
    return name;
  };

  /** A wake knows a Service by its own name only. Without a slash, the owner is no ElastiService. */
  const touchService = (namespace: string, service: string): string => {
    const owner = `${namespace}:${service}`;
    touchOwner(owner);
    return owner;
  };

  return {
    expose: async () => {
      sweep();
      return { contentType: registry.contentType, body: await exposeAll([[registry], shards.map(registryOf)]) };
    },

    reconciled: (ref, { hook, service, seconds, code, mode, phase }) => {
      const name = touch(ref);
      if (service !== undefined) touchService(ref.namespace, service);
      const labels = { crd_name: name, error: codeLabel(code) };
      const { reconcile, informerHandler } = theirsOf(name);
      owners.own(name, reconcile, labels);
      reconcile.observe(labels, seconds);
      count(name, informerHandler, { crd_name: name, key: hook, error: labels.error });
      if (mode !== undefined) setMode(name, mode);
      if (phase !== undefined) setPhase(name, phase);
    },

    finalized: (ref, code) => {
      const name = touch(ref);
      count(name, theirsOf(name).finalizer, { crd_name: name, error: codeLabel(code) });
    },

    statusChanged: (ref, mode, code) => {
      const name = touch(ref);
      count(name, theirsOf(name).update, { crd_name: name, mode, error: codeLabel(code) });
    },

    scaled: ({ namespace, service, target, code }) => {
      const owner = touchService(namespace, service);
      const labels = {
        service_name: service,
        namespace,
        target: `${target.kind}-${target.name}`,
        error: codeLabel(code),
      };
      count(owner, theirsOf(owner).scale, labels);
    },

    hookTimed: (hook, seconds) => ours.hook.observe({ hook }, seconds),
    zeroStepEnded: ({ kind }) => ours.zeroSteps.inc({ outcome: kind }),
    woken: (seconds) => ours.wake.observe(seconds),
    slept: (podSeconds) => ours.savedPodSeconds.inc(podSeconds),
    triggerRead: (reason) => ours.triggerQueries.inc({ outcome: reasonLabel(reason) }),
    kubeCalled: (verb, resource, code) => ours.kubeRequests.inc({ verb, resource, code: codeLabel(code) }),
    httpAnswered: (route, status) => ours.httpRequests.inc({ route: routeLabel(route), code: statusLabel(status) }),

    forget: (ref) => {
      const name = touch(ref);
      setPhase(name, undefined);
      modes.delete(name);
      theirsOf(name).mode.remove({ crd_name: name });
      count(name, theirsOf(name).informer, { crd_name: name, action: 'stop', error: 'success' });
    },
  };
}

// As KubeElasti has it. Two ElastiServices of one name in two namespaces have their own series, and one that is
// deleted and made again goes on where the other ended.
function crdName({ namespace, name }: ObjectRef): string {
  return `${namespace}/${name}`;
}
