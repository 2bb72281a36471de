import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createApi, type KubeApi } from '../cluster/api.ts';
import type { Cluster } from '../cluster/cluster.ts';
import { urlOf } from '../cluster/kube-object.ts';
import { type ClusterLayout, makeLayout } from '../cluster/layout.ts';
import { run } from '../cluster/shell.ts';
import { until } from '../cluster/wait.ts';
import { installMetacontroller, type Metacontroller } from './metacontroller.ts';
import { renderOverlay } from './overlay.ts';
import { startExporter, startPrometheus } from './prometheus.ts';

/** The namespace that the service and the resolver are installed into. */
export const SYSTEM_NAMESPACE = 'elasti';
/** Short waits, so that stories take seconds; the drain is set by the overlay. */
export const SETTINGS = { pollSeconds: 1, drainSeconds: 2, settleSeconds: 1, resolverGoneSeconds: 5 } as const;
const PROMETHEUS_PORT = 9090;

/** A cluster as a user would have it, with Elasti installed. */
export interface Environment {
  readonly cluster: Cluster;
  readonly layout: ClusterLayout;
  readonly api: KubeApi;
  readonly hookToken: string;
  readonly prometheusUrl: string;
  readonly metacontroller: Metacontroller;
  kubectl(...args: readonly string[]): Promise<string>;
}

/** Installs everything the way manifests/README.md says; `onStep` hears how long each step took. */
export async function createEnvironment(
  cluster: Cluster,
  onStep: (what: string, ms: number) => void,
): Promise<Environment> {
  const layout = makeLayout(cluster.name);
  const api = createApi(cluster.kubeconfig);
  const timed = async <T>(what: string, work: Promise<T>): Promise<T> => {
    const startedAt = performance.now();
    const result = await work;
    onStep(what, performance.now() - startedAt);
    return result;
  };

  const metacontroller = await installMetacontroller(api, layout);
  const [prometheus] = await Promise.all([
    timed(
      'Prometheus',
      startExporter(layout).then(() => startPrometheus(layout, 'prometheus', PROMETHEUS_PORT)),
    ),
    timed('kinds of Argo and KEDA', api.apply(readFileSync(join(import.meta.dirname, 'test-kinds.yaml'), 'utf8'))),
  ]);
  const hookToken = randomBytes(32).toString('hex');
  await timed('Elasti', install({ api, layout, hookToken, prometheusUrl: prometheus.url }));
  // Started before Elasti's kind is there, the real one would look for it again only after half a minute.
  await timed('Metacontroller', metacontroller.start());
  return {
    cluster,
    layout,
    api,
    hookToken,
    prometheusUrl: prometheus.url,
    metacontroller,
    kubectl: (...args) => run('kubectl', args),
  };
}

type InstallOptions = Pick<Environment, 'api' | 'layout' | 'hookToken' | 'prometheusUrl'>;

async function install({ api, layout, hookToken, prometheusUrl }: InstallOptions): Promise<void> {
  const metadata = { namespace: SYSTEM_NAMESPACE };
  await api.apply([
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'elasti-hook-token', ...metadata },
      stringData: { token: hookToken },
    },
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'elasti-environment', ...metadata },
      data: {
        PROMETHEUS_TRIGGER_SERVER_ADDRESS: prometheusUrl,
        POLLING_INTERVAL: `${SETTINGS.pollSeconds}s`,
        WAKE_SETTLE_SECONDS: String(SETTINGS.settleSeconds),
        RESOLVER_GONE_SECONDS: String(SETTINGS.resolverGoneSeconds),
      },
    },
  ]);
  await run('kubectl', ['apply', '--server-side', '-f', '-'], await renderOverlay(layout));
  await untilAvailable(api, 'elasti-operator-controller');
  await untilAvailable(api, 'elasti-resolver');
}

/** Waits until a Deployment of the system has all its replicas, of its latest template, ready. */
export async function untilAvailable(api: KubeApi, name: string): Promise<void> {
  await until(
    `Deployment ${name} to be available`,
    async () => {
      const { metadata, spec, status } = await api.call<{
        metadata: { generation: number };
        spec: { replicas: number };
        status: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; readyReplicas?: number };
      }>('GET', urlOf('apps/v1/deployments', SYSTEM_NAMESPACE, name));
      const { observedGeneration, replicas, updatedReplicas, readyReplicas } = status;
      const isCurrent = observedGeneration === metadata.generation;
      return isCurrent && [replicas, updatedReplicas, readyReplicas].every((count) => (count ?? 0) === spec.replicas);
    },
    { timeoutMs: 120_000 },
  );
}
