import type { DemoState, Phase, ServiceDetail, ServiceState } from '../api.ts';

const at = (secondsAgo: number, now = Date.now()) => new Date(now - secondsAgo * 1000).toISOString();

/** A service as the page may be told of it. */
export function serviceState(over: Partial<ServiceState> & { readonly name: string }): ServiceState {
  const phase: Phase = over.phase ?? 'Serving';
  return {
    url: `http://127.0.0.1:18${over.name.length}0/`,
    phase,
    phaseSince: at(12),
    mode: 'serve',
    replicas: 1,
    pods: [{ name: `${over.name}-1`, state: 'ready' }],
    routesTo: ['pod'],
    why: 'traffic goes straight to pods',
    isLoadOn: false,
    sent: 12,
    held: 0,
    lost: 0,
    timeline: [
      { at: at(150), phase: 'Serving', what: 'pods are ready' },
      { at: at(95), phase: 'Draining', what: 'idle for the cooldown of 10 s' },
      { at: at(90), phase: 'Asleep', what: 'replicas are 0' },
      {
        at: at(40),
        phase: 'Waking',
        what: 'a request came',
        coldStart: { scaleMs: 14, readyMs: 812, answerMs: 868 },
      },
      { at: at(38), phase, what: 'pods were ready for the settle time' },
    ],
    ...over,
  };
}

/** All six phases side by side. */
export const EVERY_PHASE: readonly ServiceState[] = [
  serviceState({
    name: 'web',
    replicas: 2,
    pods: [
      { name: 'web-1', state: 'ready' },
      { name: 'web-2', state: 'ready' },
    ],
    isLoadOn: true,
  }),
  serviceState({
    name: 'api',
    phase: 'Draining',
    mode: 'proxy',
    routesTo: ['pod', 'resolver'],
    why: 'idle; replicas go to 0 once traffic was redirected for the drain time',
  }),
  serviceState({
    name: 'docs',
    phase: 'Asleep',
    mode: 'proxy',
    replicas: 0,
    pods: [],
    routesTo: ['resolver'],
    why: 'replicas are 0; a request or an active trigger wakes it',
  }),
  serviceState({
    name: 'shop',
    phase: 'Waking',
    mode: 'proxy',
    pods: [{ name: 'shop-1', state: 'starting' }],
    routesTo: ['resolver'],
    held: 3,
    why: 'pods are starting',
  }),
  serviceState({
    name: 'mail',
    phase: 'Holding',
    mode: 'proxy',
    replicas: 3,
    pods: [
      { name: 'mail-1', state: 'terminating' },
      { name: 'mail-2', state: 'starting' },
    ],
    routesTo: ['resolver'],
    held: 1,
    why: 'no pod is ready',
  }),
  serviceState({
    name: 'ftp',
    phase: 'Blocked',
    routesTo: [],
    pods: [],
    replicas: 0,
    lost: 1,
    mode: undefined,
    why: 'the Service is missing',
  }),
];

export function demoState(services: readonly ServiceState[] = EVERY_PHASE, over: Partial<DemoState> = {}): DemoState {
  return {
    now: at(0),
    services,
    resolvers: [
      { name: 'resolver-1', isReady: true },
      { name: 'resolver-2', isReady: false },
    ],
    hooks: [
      { name: 'hook-1', isReady: true },
      { name: 'hook-2', isReady: true },
    ],
    isPrometheusUp: true,
    totals: { sent: 1234, answered: 1230, held: 4, lost: 0, podSecondsSaved: 5678.9 },
    ...over,
  };
}

export const DETAIL: ServiceDetail = {
  elastiServiceYaml: `apiVersion: elasti.truefoundry.com/v1alpha1
kind: ElastiService
metadata:
  name: web
  namespace: demo
spec:
  service: web
  scaleTargetRef: { apiVersion: apps/v1, kind: Deployment, name: web }
  cooldownPeriod: 10
status:
  phase: Serving
`,
  lastHook: {
    at: at(2),
    request: {
      parent: { metadata: { name: 'web' } },
      children: { 'Service.v1': {}, 'EndpointSlice.discovery.k8s.io/v1': {} },
      related: {},
      finalizing: false,
    },
    response: {
      status: {
        mode: 'serve',
        phase: 'Serving',
        conditions: [{ type: 'Ready', status: 'True', reason: 'PodsReady', message: 'pods are ready' }],
      },
      children: [],
      resyncAfterSeconds: 1,
    },
  },
};
