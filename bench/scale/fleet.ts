import type { KubeApi } from '../../e2e/cluster/api.ts';
import { urlOf } from '../../e2e/cluster/kube-object.ts';
import { ignoring } from '../../e2e/cluster/transport.ts';
import { API_VERSION } from '../../src/api/elastiservice.ts';
import { createLimiter } from '../../src/triggers/limiter.ts';
import { FAKE_NODE } from './fake-node.ts';

/** One ElastiService of the fleet; its Service and its Deployment have the same name. */
export interface Member {
  readonly namespace: string;
  readonly name: string;
  /** Its Deployment begins with no replicas, and its trigger is idle; else with one, and its trigger is active. */
  readonly isAsleep: boolean;
}

const PER_NAMESPACE = 50;
const AT_ONCE = 24;

/** Every other one sleeps. */
export function makeFleet(count: number): readonly Member[] {
  return Array.from({ length: count }, (_, i) => ({
    namespace: `fleet-${Math.floor(i / PER_NAMESPACE)}`,
    name: `service-${i}`,
    isAsleep: i % 2 === 1,
  }));
}

export const makeElastiServiceSpec = (member: Member, serverAddress: string): object => ({
  service: member.name,
  scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: member.name },
  triggers: [{ type: 'prometheus', metadata: { query: queryOf(member), threshold: '0.5', serverAddress } }],
});

/** What the trigger of a member asks Prometheus. */
const queryOf = ({ namespace, name, isAsleep }: Member): string =>
  `sum(rate(requests_total{namespace="${namespace}",service="${name}",wanted="${isAsleep ? 0 : 1}"}[1m])) or vector(0)`;

/** Creates the namespaces, Deployments and Services of the members. */
export async function createWorkloads(api: KubeApi, members: readonly Member[]): Promise<void> {
  const namespaces = [...new Set(members.map(({ namespace }) => namespace))];
  const create = (path: string, object: object) => api.call('POST', path, object).catch(ignoring(409));
  await eachOf(namespaces, (name) =>
    create(urlOf('v1/namespaces'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }),
  );
  await eachOf(members, async (member) => {
    await create(urlOf('apps/v1/deployments', member.namespace), makeDeployment(member));
    await create(urlOf('v1/services', member.namespace), makeService(member));
  });
}

export async function createElastiServices(
  api: KubeApi,
  members: readonly Member[],
  serverAddress: string,
): Promise<void> {
  await eachOf(members, (member) =>
    api.call('POST', urlOf(`${API_VERSION}/elastiservices`, member.namespace), {
      apiVersion: API_VERSION,
      kind: 'ElastiService',
      metadata: { name: member.name, namespace: member.namespace },
      spec: makeElastiServiceSpec(member, serverAddress),
    }),
  );
}

/** Does the work for each, some at a time. */
export async function eachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const limit = createLimiter(AT_ONCE);
  await Promise.all(items.map((item) => limit(() => work(item))));
}

function makeDeployment({ namespace, name, isAsleep }: Member): object {
  const labels = { app: name };
  const containers = [{ name: 'app', image: 'none', ports: [{ name: 'http', containerPort: 8080 }] }];
  // Bound to its node, so that no scheduler is needed.
  const spec = { nodeName: FAKE_NODE, terminationGracePeriodSeconds: 0, containers };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: { replicas: isAsleep ? 0 : 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

function makeService({ namespace, name }: Member): object {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector: { app: name }, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
  };
}
