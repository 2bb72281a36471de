import { ago, type Objects } from './fake-cluster.ts';

const GROUP = '/apis/elasti.truefoundry.com/v1alpha1';

export const SPEC = {
  service: 'web',
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
  minTargetReplicas: 1,
  cooldownPeriod: 900,
  triggers: [
    {
      type: 'prometheus',
      metadata: {
        query: 'sum(rate(requests[1m]))',
        threshold: '0.5',
        serverAddress: 'http://prometheus.monitoring:9090',
      },
    },
  ],
};

const condition = (type: string, status: string, reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: ago(7200),
  observedGeneration: 1,
});

export const CONDITIONS = {
  serving: (reason: string, message: string) => [
    condition('Ready', 'True', reason, message),
    condition('Asleep', 'False', 'Serving', message),
    condition('SleepAllowed', 'True', 'NothingPreventsIt', 'it sleeps when idle for the cooldown'),
  ],
  prevented: (reason: string, message: string) => [
    condition('Ready', 'True', reason, message),
    condition('Asleep', 'False', 'Serving', message),
    condition('SleepAllowed', 'False', reason, message),
  ],
  probes: (reason: string, message: string) => [
    ...CONDITIONS.serving('InCooldown', 'idle, and kept up'),
    condition('ProbeResponse', 'False', reason, message),
  ],
  asleep: () => [
    condition('Ready', 'True', 'SleptByElasti', 'replicas are 0; a request or an active trigger wakes it'),
    condition('Asleep', 'True', 'SleptByElasti', 'replicas are 0; a request or an active trigger wakes it'),
    condition('SleepAllowed', 'True', 'NothingPreventsIt', 'it sleeps when idle for the cooldown'),
  ],
  blocked: (reason: string, message: string) => [
    condition('Ready', 'False', reason, message),
    condition('Asleep', 'False', 'Blocked', message),
    condition('SleepAllowed', 'False', reason, message),
  ],
};

export interface Overrides {
  readonly name?: string;
  readonly namespace?: string;
  readonly spec?: object;
  readonly status?: object;
  readonly annotations?: Record<string, string>;
  readonly metadata?: object;
}

/** An ElastiService that has served for two hours and been idle for five minutes. */
export function elastiService({
  name = 'web',
  namespace = 'shop',
  spec,
  status,
  annotations,
  metadata,
}: Overrides = {}) {
  return {
    apiVersion: 'elasti.truefoundry.com/v1alpha1',
    kind: 'ElastiService',
    metadata: {
      name,
      namespace,
      uid: `uid-${name}`,
      generation: 1,
      creationTimestamp: ago(30 * 86_400),
      ...(annotations === undefined ? {} : { annotations }),
      ...metadata,
    },
    spec: { ...SPEC, service: name, scaleTargetRef: { ...SPEC.scaleTargetRef, name }, ...spec },
    status: {
      observedGeneration: 1,
      mode: 'serve',
      phase: 'Serving',
      phaseSince: ago(7200),
      idleSince: ago(300),
      readySince: ago(7200),
      lastScaledUpTime: ago(7204),
      conditions: CONDITIONS.serving('InCooldown', 'idle, and kept up until 2026-03-01T12:10:00.000Z'),
      ...status,
    },
  };
}

export const ASLEEP = {
  phase: 'Asleep',
  mode: 'proxy',
  phaseSince: ago(3600),
  sleptBy: 'elasti',
  readySince: undefined,
  conditions: CONDITIONS.asleep(),
};

/** The paths of the API for ElastiServices, each one alone and all in their lists. */
export function elastiServices(...all: readonly ReturnType<typeof elastiService>[]): Objects {
  const namespaces = new Set(all.map(({ metadata }) => metadata.namespace));
  return {
    [`${GROUP}/elastiservices`]: all,
    ...Object.fromEntries(
      [...namespaces].map((namespace) => [
        `${GROUP}/namespaces/${namespace}/elastiservices`,
        all.filter(({ metadata }) => metadata.namespace === namespace),
      ]),
    ),
    ...Object.fromEntries(all.map((one) => [pathOf(one.metadata), one])),
  };
}

/** Path of one ElastiService. */
export const pathOf = ({ namespace, name }: { namespace: string; name: string }) =>
  `${GROUP}/namespaces/${namespace}/elastiservices/${name}`;

export const scale = (replicas: number) => ({ metadata: { resourceVersion: '1' }, spec: { replicas } });
export const SCALE_PATH = '/apis/apps/v1/namespaces/shop/deployments/web/scale';
export const EVENTS_PATH = '/api/v1/namespaces/shop/events';
