import { parseAllDocuments } from 'yaml';
import { createApi, type KubeApi } from '../cluster/api.ts';
import type { Cluster } from '../cluster/cluster.ts';
import type { KubeObject } from '../cluster/kube-object.ts';
import { makeLayout } from '../cluster/layout.ts';
import { run } from '../cluster/shell.ts';
import { createEnvironment, SYSTEM_NAMESPACE, untilAvailable } from '../environment/environment.ts';
import { OTHER_SERVER_PORT, renderOverlay } from '../environment/overlay.ts';
import { startExporter, startPrometheus } from '../environment/prometheus.ts';
import { makeKubeElastiEnvironment } from '../stage/kubeelasti.ts';

/** Both ask their triggers this often. */
const POLLING_INTERVAL = '2s';
const OPERATOR = 'elasti-operator-controller';
const PROMETHEUS_PORT = 9090;
/** Those of the manifests, in the place of the short ones that stories have. */
const WAITS = ['SLEEP_DRAIN_SECONDS=5', 'WAKE_SETTLE_SECONDS=2', 'RESOLVER_GONE_SECONDS=30'];

/** Installs Elasti as its manifests have it, but for the poll. */
export async function installElasti(cluster: Cluster, step: (what: string) => void): Promise<void> {
  const { api, kubectl } = await createEnvironment(cluster, step);
  const words = ['set', 'env', `deployment/${OPERATOR}`, '--namespace', SYSTEM_NAMESPACE];
  await kubectl(...words, ...WAITS, `POLLING_INTERVAL=${POLLING_INTERVAL}`);
  await untilAvailable(api, OPERATOR);
}

/** Installs KubeElasti's operator and resolver, with the values of its chart, but for the poll. */
export async function installKubeElasti(cluster: Cluster, operator: string): Promise<void> {
  const layout = makeLayout(cluster.name);
  const api = createApi(cluster.kubeconfig);
  await startExporter(layout);
  const { url } = await startPrometheus(layout, 'prometheus', PROMETHEUS_PORT);
  await api.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM_NAMESPACE } });
  const rendered = parseAllDocuments(await renderOverlay(layout)).map((document) => document.toJS() as KubeObject);
  const objects = rendered
    .filter(({ kind }) => kind !== 'CompositeController')
    .map((object) =>
      object.kind === 'Deployment' && object.metadata.name === OPERATOR ? makeOperator(operator, url) : object,
    );
  await run(
    'kubectl',
    ['apply', '--server-side', '-f', '-'],
    objects.map((object) => JSON.stringify(object)).join('\n---\n'),
  );
  await giveAllRights(api);
  await untilAvailable(api, OPERATOR);
  await untilAvailable(api, 'elasti-resolver');
}

async function giveAllRights(api: KubeApi): Promise<void> {
  await api.apply({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'kubeelasti' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [OPERATOR, 'elasti-resolver'].map((name) => ({
      kind: 'ServiceAccount',
      name,
      namespace: SYSTEM_NAMESPACE,
    })),
  });
}

/** Its Deployment, under the names that the Services here select. */
function makeOperator(program: string, prometheusUrl: string): KubeObject {
  const labels = { 'app.kubernetes.io/name': OPERATOR, 'app.kubernetes.io/part-of': 'elasti' };
  const environment = makeKubeElastiEnvironment({
    deployment: OPERATOR,
    port: OTHER_SERVER_PORT,
    pollingInterval: POLLING_INTERVAL,
    prometheusUrl,
  });
  const container = {
    name: 'manager',
    image: 'kubeelasti-operator',
    command: [program, '--leader-elect', '--health-probe-bind-address=:8081', '--metrics-bind-address=0'],
    env: Object.entries(environment).map(([name, value]) => ({ name, value })),
    ports: [
      { name: 'health', containerPort: 8081 },
      { name: 'server', containerPort: OTHER_SERVER_PORT },
    ],
    // Elasti's namespace takes no others.
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
    readinessProbe: { httpGet: { path: '/readyz', port: 'health' }, initialDelaySeconds: 5, periodSeconds: 10 },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: OPERATOR, namespace: SYSTEM_NAMESPACE },
    spec: {
      replicas: 1,
      selector: { matchLabels: { 'app.kubernetes.io/name': OPERATOR } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: OPERATOR,
          automountServiceAccountToken: true,
          terminationGracePeriodSeconds: 10,
          securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [container],
        },
      },
    },
  } as KubeObject;
}
