import { KubeConfig } from '@kubernetes/client-node';
import { type DemoService, NAMESPACE, SERVICE_PORT, SYSTEM_NAMESPACE } from '../settings.ts';
import type { Store } from './store.ts';

/** How the demo's processes reach its API server. */
export function makeKubeConfig(url: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromOptions({
    // The client refuses plain HTTP otherwise; it never leaves the machine.
    clusters: [{ name: 'demo', server: url, skipTLSVerify: true }],
    users: [{ name: 'demo' }],
    contexts: [{ name: 'demo', cluster: 'demo', user: 'demo' }],
    currentContext: 'demo',
  });
  return kubeConfig;
}

/** A Service in front of the pods of that label. */
export function putService(
  store: Store,
  options: { readonly name: string; readonly namespace: string; readonly app: string; readonly ports: readonly Port[] },
): void {
  const { name, namespace, app, ports } = options;
  const spec = { type: 'ClusterIP', clusterIP: '10.96.0.1', ipFamilies: ['IPv4'], selector: { app }, ports };
  store.put('services', { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec });
}

interface Port {
  readonly name: string;
  readonly port: number;
  readonly targetPort: number;
}

/** The Services of the resolver and of the hook service, by their real names. */
export function putSystem(store: Store): void {
  const port = (name: string, number: number) => ({ name, port: number, targetPort: number });
  const namespace = SYSTEM_NAMESPACE;
  const resolver = { name: 'elasti-resolver-service', app: 'resolver', ports: [port('internal', 8013)] };
  putService(store, { ...resolver, namespace });
  putService(store, { name: 'elasti-hooks', app: 'hooks', ports: [port('hooks', 8080)], namespace });
  const server = { name: 'elasti-operator-controller-service', app: 'hooks', ports: [port('server', 8013)] };
  putService(store, { ...server, namespace });
}

/** A workload, its Service and its ElastiService, as a person applies them. */
export function putDemoService(store: Store, service: DemoService, prometheusUrl: string): void {
  const { name, cooldownSeconds } = service;
  const metadata = { name, namespace: NAMESPACE };
  store.put('deployments', {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata,
    spec: { replicas: 1, selector: { matchLabels: { app: name } } },
  });
  putService(store, { name, namespace: NAMESPACE, app: name, ports: [SERVICE_PORT] });
  store.put('elastiservices', {
    apiVersion: 'elasti.truefoundry.com/v1alpha1',
    kind: 'ElastiService',
    metadata,
    spec: {
      service: name,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minTargetReplicas: 1,
      cooldownPeriod: cooldownSeconds,
      triggers: [
        {
          type: 'prometheus',
          metadata: {
            query: `sum(rate(requests_total{service="${name}"}[2s]))`,
            threshold: '0.1',
            serverAddress: prometheusUrl,
          },
        },
      ],
    },
  });
}
