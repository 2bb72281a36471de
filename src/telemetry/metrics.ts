import { collectDefaultMetrics, Registry } from 'prom-client';
import { PHASES, type Phase } from '../api/elastiservice.ts';
import type { ObjectRef, Target } from '../api/kubernetes.ts';
import { keyFor } from '../core/intern.ts';
import type { Outcome } from '../core/types.ts';
import type { Clock } from '../effects/ports.ts';
import type { WatchOutcome } from '../watch/list-watch.ts';
import { createCollectors } from './collectors.ts';
import { createColumn } from './column.ts';
import { ELASTI_SERVICE_FAMILIES, TARGET_FAMILIES } from './families.ts';
import { codeLabel, type Hook, type MetricCode, reasonLabel, routeLabel, statusLabel } from './metric-labels.ts';
import { labelText } from './series.ts';
import { createSeriesTable, type SeriesTable } from './series-table.ts';

// Each ElastiService has a hook at least every 14 minutes. Where none comes for longer it was deleted, or another
// replica has its hooks now: only one replica hears of a deletion, so that all of them go by the silence.
const MAX_SILENCE_MS = 15 * 60_000;
const SWEEP_MS = 60_000;

/** A Service and what is scaled for it. */
export interface Scaled {
  readonly service: string;
  readonly target: Pick<Target, 'kind' | 'name'>;
}

export interface Metrics {
  /** All metrics in Prometheus' text format, in parts. */
  expose(): Promise<{ readonly contentType: string; readonly body: AsyncIterable<Buffer> }>;
  /** A sync or finalize hook of an ElastiService was answered; `scaled` is what its spec names, where it is valid. */
  reconciled(
    ref: ObjectRef,
    answer: {
      readonly hook: Hook;
      readonly scaled: Scaled | undefined;
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
  scaled(write: Scaled & { readonly namespace: string; readonly code: MetricCode }): void;
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
  /** A sync was asked of Metacontroller, or could not be. */
  nudged(outcome: 'written' | 'failed'): void;
  watchEnded(resource: string, outcome: WatchOutcome): void;
  watchEvent(resource: string): void;
  /** Spans of traces were sent, or given up. */
  spansEnded(outcome: 'sent' | 'dropped', count: number): void;
  /** The ElastiService is gone: its gauges end now, its counters when they have been scraped. */
  forget(ref: ObjectRef): void;
}

/** Creates the metrics, in a registry and tables of their own. */
export function createMetrics({ monotonicMs }: Pick<Clock, 'monotonicMs'>): Metrics {
  const registry = new Registry();
  // The default looks at the event loop 100 times a second, however idle it is.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const ours = createCollectors(registry);
  const labelsOf = (name: string) => labelText({ crd_name: name });
  const fleet = createSeriesTable(ELASTI_SERVICE_FAMILIES, { labelsOf, monotonicMs });
  const { reconcile, finalizer, update, mode: modes, informer, informerHandler } = fleet.series;
  // Their owners are their labels.
  const targets = createSeriesTable(TARGET_FAMILIES, { labelsOf: (labels) => labels, monotonicMs });
  /** By row, as an index of PHASES. */
  const phases = createColumn();
  let withPhase = 0;
  for (const phase of PHASES) ours.phases.set({ phase }, 0);
  ours.informerCount.set({ informer_name: 'elastiservices' }, 0);

  const setPhase = (row: number, phase: Phase | undefined) => {
    const before = PHASES[phases.get(row) ?? -1];
    if (before === phase) return;
    if (before) ours.phases.dec({ phase: before });
    if (phase) ours.phases.inc({ phase });
    if (phase) phases.set(row, PHASES.indexOf(phase));
    else phases.clear(row);
    withPhase += Number(phase !== undefined) - Number(before !== undefined);
    ours.informerCount.set({ informer_name: 'elastiservices' }, withPhase);
  };

  let sweptAtMs = monotonicMs();
  const sweep = () => {
    sweptAtMs = monotonicMs();
    fleet.sweep(MAX_SILENCE_MS, (row) => setPhase(row, undefined));
    targets.sweep(MAX_SILENCE_MS);
  };

  /** Where nobody scrapes, newcomers make room for themselves. */
  const makeRoom = () => {
    if (monotonicMs() - sweptAtMs > SWEEP_MS) sweep();
  };

  const touch = (ref: ObjectRef): number => {
    const name = crdName(ref);
    if (fleet.find(name) !== undefined) return fleet.touch(name);
    makeRoom();
    const row = fleet.touch(name);
    informer.add(row, 'action="add",error="success"');
    return row;
  };

  return {
    expose: async () => {
      sweep();
      return { contentType: registry.contentType, body: writeAll([registry, fleet, targets]) };
    },

    reconciled: (ref, { hook, scaled, seconds, code, mode, phase }) => {
      const row = touch(ref);
      if (scaled !== undefined) {
        const labels = scaleLabels(ref.namespace, scaled);
        if (targets.find(labels) !== undefined) targets.touch(labels);
      }
      const error = `error="${codeLabel(code)}"`;
      reconcile.observe(row, error, seconds);
      informerHandler.add(row, `key="${hook}",${error}`);
      if (mode !== undefined) modes.set(row, '', mode === 'proxy' ? 1 : 0);
      if (phase !== undefined) setPhase(row, phase);
    },

    finalized: (ref, code) => finalizer.add(touch(ref), `error="${codeLabel(code)}"`),
    statusChanged: (ref, mode, code) => update.add(touch(ref), `mode="${mode}",error="${codeLabel(code)}"`),

    scaled: ({ namespace, code, ...scaled }) => {
      const labels = scaleLabels(namespace, scaled);
      if (targets.find(labels) === undefined) makeRoom();
      targets.series.scale.add(targets.touch(labels), `error="${codeLabel(code)}"`);
    },

    hookTimed: (hook, seconds) => ours.hook.observe({ hook }, seconds),
    zeroStepEnded: ({ kind }) => ours.zeroSteps.inc({ outcome: kind }),
    woken: (seconds) => ours.wake.observe(seconds),
    slept: (podSeconds) => ours.savedPodSeconds.inc(podSeconds),
    triggerRead: (reason) => ours.triggerQueries.inc({ outcome: reasonLabel(reason) }),
    kubeCalled: (verb, resource, code) => ours.kubeRequests.inc({ verb, resource, code: codeLabel(code) }),
    httpAnswered: (route, status) => ours.httpRequests.inc({ route: routeLabel(route), code: statusLabel(status) }),

    nudged: (outcome) => ours.nudges.inc({ outcome }),
    watchEnded: (resource, outcome) => ours.watches.inc({ resource, outcome }),
    watchEvent: (resource) => ours.watchEvents.inc({ resource }),

    spansEnded: (outcome, count) => ours.spans.inc({ outcome }, count),

    forget: (ref) => {
      const row = touch(ref);
      setPhase(row, undefined);
      modes.clear(row);
      informer.add(row, 'action="stop",error="success"');
    },
  };
}

/** One after the other, in parts: with 10,000 ElastiServices the whole is 12 MB. */
async function* writeAll([registry, ...tables]: readonly [Registry, ...Pick<SeriesTable<never>, 'write'>[]]) {
  yield Buffer.from(await registry.metrics());
  for (const table of tables) yield* table.write();
}

// As KubeElasti has it. Two ElastiServices of one name in two namespaces have their own series, and one that is
// deleted and made again goes on where the other ended.
function crdName({ namespace, name }: ObjectRef): string {
  return keyFor(namespace, name);
}

function scaleLabels(namespace: string, { service, target }: Scaled): string {
  return labelText({ service_name: service, namespace, target: `${target.kind}-${target.name}` });
}
