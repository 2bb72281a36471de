import { makeSampleApp, type SampleApp } from '../cluster/sample-app-manifest.ts';
import { UPTIME_FILTER } from '../environment/prometheus.ts';
import { isOwnResolver } from './client.ts';

export interface ElastiServiceOptions {
  readonly name?: string;
  readonly service?: string;
  readonly target?: { readonly apiVersion: string; readonly kind: string; readonly name: string };
  readonly cooldownSeconds?: number;
  readonly minTargetReplicas?: number;
  readonly autoscaler?: { readonly type: string; readonly name: string };
  /** Another Prometheus than that of the environment. */
  readonly serverAddress?: string;
}

/** An ElastiService whose trigger follows setTraffic: active from 1 on, idle below. */
export function makeElastiService(namespace: string, options: ElastiServiceOptions = {}): object {
  const {
    service = 'web',
    name = service,
    cooldownSeconds = 2,
    serverAddress,
    autoscaler,
    minTargetReplicas,
  } = options;
  const target = options.target ?? { apiVersion: 'apps/v1', kind: 'Deployment', name: service };
  const metadata = {
    query: `sum(e2e_traffic{service="${namespace}/${service}"}) or vector(0)`,
    threshold: '1',
    uptimeFilter: UPTIME_FILTER,
    ...(serverAddress ? { serverAddress } : {}),
  };
  return {
    apiVersion: 'elasti.truefoundry.com/v1alpha1',
    kind: 'ElastiService',
    metadata: { name, namespace },
    spec: {
      service,
      scaleTargetRef: target,
      cooldownPeriod: cooldownSeconds,
      triggers: [{ type: 'prometheus', metadata }],
      ...(autoscaler ? { autoscaler } : {}),
      ...(minTargetReplicas ? { minTargetReplicas } : {}),
      // So that a client can tell what was held.
      ...(isOwnResolver ? { resolver: { coldStartHeader: true } } : {}),
    },
  };
}

interface Workload {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: object;
}

/**
 * The sample app as the Deployment and the Service that it is; its pods end the way that the manual asks for: they go on
 * serving for a while, so that kube-proxy hears of it first.
 */
export function makeApp(app: SampleApp, preStopSeconds = 2): [deployment: Workload, service: Workload] {
  const [deployment, service] = makeSampleApp(app) as Workload[];
  if (!deployment || !service) throw new Error('the sample app has a Deployment and a Service');
  const { template } = deployment.spec as { template: { spec: { containers: readonly object[] } } };
  const lifecycle = { preStop: { sleep: { seconds: preStopSeconds } } };
  const containers = template.spec.containers.map((container) => ({ ...container, lifecycle }));
  const spec = { ...deployment.spec, template: { ...template, spec: { ...template.spec, containers } } };
  return [{ ...deployment, spec }, service];
}

/** The same with a StatefulSet. */
export function makeStatefulApp(app: SampleApp): [statefulSet: Workload, service: Workload] {
  const [deployment, service] = makeApp(app);
  const spec = { ...deployment.spec, serviceName: app.name, podManagementPolicy: 'Parallel' };
  return [{ ...deployment, kind: 'StatefulSet', spec }, service];
}
