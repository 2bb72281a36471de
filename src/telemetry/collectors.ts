import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const HOOK_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const WAKE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The metrics of which none grows with the number of ElastiServices: those of our own, and one of KubeElasti's. */
export function createCollectors(registry: Registry) {
  const registers = [registry];
  return {
    informerCount: new Gauge({
      name: 'elasti_operator_informer_count',
      help: 'Objects that this replica has lately had hooks for',
      labelNames: ['informer_name'],
      registers,
    }),
    hook: new Histogram({
      name: 'elasti_sync_duration_seconds',
      help: 'Time from a hook request to its answer',
      buckets: HOOK_BUCKETS,
      labelNames: ['hook'],
      registers,
    }),
    wake: new Histogram({
      name: 'elasti_wake_duration_seconds',
      help: 'Time from a wake request to replicas raised',
      buckets: WAKE_BUCKETS,
      registers,
    }),
    savedPodSeconds: new Counter({
      name: 'elasti_saved_pod_seconds_total',
      help: 'Seconds asleep times the replicas that a wake raises, counted when a sleep ends',
      registers,
    }),
    zeroSteps: new Counter({
      name: 'elasti_zero_steps_total',
      help: 'Attempts to scale a target to zero',
      labelNames: ['outcome'],
      registers,
    }),
    triggerQueries: new Counter({
      name: 'elasti_trigger_queries_total',
      help: 'Trigger evaluations, by the reason of their reading',
      labelNames: ['outcome'],
      registers,
    }),
    kubeRequests: new Counter({
      name: 'elasti_kube_requests_total',
      help: 'Requests to the Kubernetes API',
      labelNames: ['verb', 'resource', 'code'],
      registers,
    }),
    httpRequests: new Counter({
      name: 'elasti_http_requests_total',
      help: 'HTTP requests answered',
      labelNames: ['route', 'code'],
      registers,
    }),
    nudges: new Counter({
      name: 'elasti_nudges_total',
      help: 'Syncs that were asked of Metacontroller, with OBSERVE_BY=watch',
      labelNames: ['outcome'],
      registers,
    }),
    watches: new Counter({
      name: 'elasti_watches_total',
      help: 'Lists and watches by how they ended, with OBSERVE_BY=watch',
      labelNames: ['resource', 'outcome'],
      registers,
    }),
    watchEvents: new Counter({
      name: 'elasti_watch_events_total',
      help: 'Changes that came by a watch, with OBSERVE_BY=watch',
      labelNames: ['resource'],
      registers,
    }),
    spans: new Counter({
      name: 'elasti_spans_total',
      help: 'Spans of traces, by whether the collector got them',
      labelNames: ['outcome'],
      registers,
    }),
    phases: new Gauge({
      name: 'elasti_phase',
      help: 'ElastiServices in each phase, as far as this replica has lately seen them',
      labelNames: ['phase'],
      registers,
    }),
  };
}
