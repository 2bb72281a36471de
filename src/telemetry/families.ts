/** Series of one name: what they are, and which labels they have. */
export interface Family {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labelNames: readonly string[];
  /** Upper bounds of a histogram's buckets, rising; the last one, without a bound, comes by itself. */
  readonly buckets?: readonly number[];
}

/** The metrics of each ElastiService, whose names and label names are KubeElasti's, so that its dashboard and alerts go on working. */
export const ELASTI_SERVICE_FAMILIES = {
  reconcile: {
    name: 'elasti_operator_reconcile',
    type: 'histogram',
    help: 'Seconds that the hooks of an ElastiService took',
    labelNames: ['crd_name', 'error'],
    buckets: [0.1, 0.5, 1, 2, 5, 10],
  },
  finalizer: {
    name: 'elasti_operator_CRD_finalizer_counter',
    type: 'counter',
    help: 'Finalize hooks answered',
    labelNames: ['crd_name', 'error'],
  },
  update: {
    name: 'elasti_operator_CRD_update_counter',
    type: 'counter',
    help: 'Changes of status answered',
    labelNames: ['crd_name', 'mode', 'error'],
  },
  mode: {
    name: 'elasti_operator_mode',
    type: 'gauge',
    help: '0 serve, 1 proxy',
    labelNames: ['crd_name'],
  },
  informer: {
    name: 'elasti_operator_informer_counter',
    type: 'counter',
    help: 'ElastiServices that came (add) and went (stop)',
    labelNames: ['crd_name', 'action', 'error'],
  },
  informerHandler: {
    name: 'elasti_operator_informer_handler_counter',
    type: 'counter',
    help: 'Hooks answered, by hook (key)',
    labelNames: ['crd_name', 'key', 'error'],
  },
} as const satisfies Record<string, Family>;

/** The metric of each target that was scaled, KubeElasti's too. */
export const TARGET_FAMILIES = {
  scale: {
    name: 'elasti_operator_scale_counter',
    type: 'counter',
    help: 'Writes of replicas',
    labelNames: ['service_name', 'namespace', 'target', 'error'],
  },
} as const satisfies Record<string, Family>;

/** All that grow with the number of ElastiServices. */
export const FLEET_FAMILIES: readonly Family[] = [ELASTI_SERVICE_FAMILIES, TARGET_FAMILIES].flatMap(Object.values);
