import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const HOOK_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const WAKE_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** The metrics whose names and label names are KubeElasti's, so that its dashboard and alerts go on working. */
export function createKubeElastiCollectors(registry: Registry) {
  const registers = [registry];
  return {
    reconcile: new Histogram({
      name: 'elasti_operator_reconcile',
      help: 'Seconds that the hooks of an ElastiService took',
      buckets: [0.1, 0.5, 1, 2, 5, 10],
      labelNames: ['crd_name', 'error'],
      registers,
    }),
    finalizer: new Counter({
      name: 'elasti_operator_CRD_finalizer_counter',
      help: 'Finalize hooks answered',
      labelNames: ['crd_name', 'error'],
      registers,
    }),
    update: new Counter({
      name: 'elasti_operator_CRD_update_counter',
      help: 'Changes of status answered',
      labelNames: ['crd_name', 'mode', 'error'],
      registers,
    }),
    mode: new Gauge({
      name: 'elasti_operator_mode',
      help: '0 serve, 1 proxy',
      labelNames: ['crd_name'],
      registers,
    }),
    informerCount: new Gauge({
      name: 'elasti_operator_informer_count',
      help: 'Objects that this replica has lately had hooks for',
      labelNames: ['informer_name'],
      registers,
    }),
    informer: new Counter({
      name: 'elasti_operator_informer_counter',
      help: 'ElastiServices that came (add) and went (stop)',
      labelNames: ['crd_name', 'action', 'error'],
      registers,
    }),
    informerHandler: new Counter({
      name: 'elasti_operator_informer_handler_counter',
      help: 'Hooks answered, by hook (key)',
      labelNames: ['crd_name', 'key', 'error'],
      registers,
    }),
    scale: new Counter({
      name: 'elasti_operator_scale_counter',
      help: 'Writes of replicas',
      labelNames: ['service_name', 'namespace', 'target', 'error'],
      registers,
    }),
  };
}

/** The metrics of our own. None of them grows with the number of ElastiServices. */
export function createOwnCollectors(registry: Registry) {
  const registers = [registry];
  return {
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
    phases: new Gauge({
      name: 'elasti_phase',
      help: 'ElastiServices in each phase, as far as this replica has lately seen them',
      labelNames: ['phase'],
      registers,
    }),
  };
}
