import { ago, type Objects } from './fake-cluster.ts';
import { elastiService, elastiServices } from './objects.ts';

const listOf = (namespace: string, plural: string, group = 'apps/v1') =>
  group === 'v1' ? `/api/v1/namespaces/${namespace}/${plural}` : `/apis/${group}/namespaces/${namespace}/${plural}`;

const slice = (namespace: string, service: string, addresses: readonly string[]) => ({
  metadata: {
    name: `${service}-x`,
    namespace,
    labels: {
      'kubernetes.io/service-name': service,
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
    },
  },
  addressType: 'IPv4',
  endpoints: addresses.map((address) => ({ addresses: [address], conditions: { ready: true } })),
  ports: [{ name: 'http', port: 8080 }],
});

/** The EndpointSlices of a namespace, which answer to a label selector as the API server does. */
const slices = (all: readonly ReturnType<typeof slice>[]) => (received: { readonly url: string | undefined }) => {
  const selector = new URLSearchParams(received.url?.split('?')[1]).get('labelSelector');
  const service = selector?.split('=')[1];
  const items = all.filter(({ metadata }) => !service || metadata.labels['kubernetes.io/service-name'] === service);
  return { code: 200, body: { metadata: {}, items } };
};

export const METACONTROLLER = {
  metadata: { name: 'metacontroller', namespace: 'metacontroller' },
  spec: {
    template: {
      spec: {
        containers: [
          {
            name: 'metacontroller',
            image: 'ghcr.io/metacontroller/metacontroller:v4.17.2',
            args: [
              '--apply-strategy=server-side-apply',
              '--workers=50',
              '--client-go-qps=300',
              '--target-label-selector=app.kubernetes.io/part-of=elasti',
            ],
          },
        ],
      },
    },
  },
  status: { readyReplicas: 1 },
};

export const HOOK_SERVICE = {
  metadata: { name: 'elasti-operator-controller', namespace: 'elasti' },
  spec: {
    template: {
      spec: {
        serviceAccountName: 'elasti-operator-controller',
        containers: [
          { name: 'manager', image: 'elasti:0.1.0', env: [{ name: 'HOOK_TOKEN_FILE', value: '/etc/elasti/token' }] },
        ],
      },
    },
  },
  status: { readyReplicas: 2 },
};

const hook = (name: string) => ({
  version: 'v2',
  webhook: { url: `http://elasti-hooks.elasti.svc:8080/${name}`, timeout: '10s' },
});

export const CONTROLLER = {
  metadata: { name: 'elasti', labels: { 'app.kubernetes.io/part-of': 'elasti' } },
  spec: {
    parentResource: {
      apiVersion: 'elasti.truefoundry.com/v1alpha1',
      resource: 'elastiservices',
      ignoreStatusChanges: true,
    },
    endpointConfigs: [{ host: 'elasti-hooks.elasti.svc:8080', authorization: { type: 'Bearer' } }],
    hooks: { sync: hook('sync'), finalize: hook('finalize'), customize: hook('customize') },
  },
};

const established = { conditions: [{ type: 'Established', status: 'True' }] };
export const CRD = {
  spec: {
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        selectableFields: [{ jsonPath: '.spec.service' }],
        schema: {
          openAPIV3Schema: { properties: { status: { properties: { conditions: {}, observedGeneration: {} } } } },
        },
      },
    ],
  },
  status: established,
};

export const WEB_SERVICE = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: { type: 'ClusterIP', clusterIP: '10.96.0.9', selector: { app: 'web' }, ports: [{ name: 'http', port: 80 }] },
};

export const WEB_DEPLOYMENT = {
  metadata: { name: 'web', namespace: 'shop' },
  spec: {
    replicas: 2,
    template: {
      spec: {
        containers: [
          { name: 'web', ports: [{ containerPort: 8080 }], lifecycle: { preStop: { sleep: { seconds: 2 } } } },
        ],
      },
    },
  },
};

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const REVIEWS = '/apis/authorization.k8s.io/v1';

/** Paths that tests replace. */
export const PATHS = {
  crd: `${CRDS}/elastiservices.elasti.truefoundry.com`,
  metacontrollerCrd: `${CRDS}/compositecontrollers.metacontroller.k8s.io`,
  statefulSets: '/apis/apps/v1/statefulsets',
  deployments: '/apis/apps/v1/deployments',
  controllers: '/apis/metacontroller.k8s.io/v1alpha1/compositecontrollers',
  hookService: `${listOf('elasti', 'deployments')}/elasti-operator-controller`,
  systemSlices: listOf('elasti', 'endpointslices', 'discovery.k8s.io/v1'),
  slices: listOf('shop', 'endpointslices', 'discovery.k8s.io/v1'),
  services: listOf('shop', 'services', 'v1'),
  shopDeployments: listOf('shop', 'deployments'),
  shopStatefulSets: listOf('shop', 'statefulsets'),
  scaledObjects: listOf('shop', 'scaledobjects', 'keda.sh/v1alpha1'),
  hpas: listOf('shop', 'horizontalpodautoscalers', 'autoscaling/v2'),
  accessReviews: `${REVIEWS}/subjectaccessreviews`,
  yourReviews: `${REVIEWS}/selfsubjectaccessreviews`,
  prometheus: '/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy/api/v1/query',
};

export const systemSlices = (resolvers: readonly string[], hooks: readonly string[] = ['10.0.1.1', '10.0.1.2']) =>
  slices([slice('elasti', 'elasti-resolver-service', resolvers), slice('elasti', 'elasti-hooks', hooks)]);

export const vectorOf = (value: string) => ({
  status: 'success',
  data: { resultType: 'vector', result: [{ metric: {}, value: [1, value] }] },
});

/** A cluster in which everything is as it should be, with the ElastiService `web` in namespace `shop`. */
export const installed = (): Objects => ({
  '/version': { gitVersion: 'v1.36.3' },
  ...elastiServices(elastiService({ status: { phaseSince: ago(7200) } })),
  [PATHS.crd]: CRD,
  [PATHS.metacontrollerCrd]: { spec: { versions: [] }, status: established },
  [PATHS.statefulSets]: [METACONTROLLER],
  [PATHS.deployments]: [HOOK_SERVICE],
  [PATHS.controllers]: [CONTROLLER],
  [PATHS.hookService]: HOOK_SERVICE,
  [PATHS.systemSlices]: systemSlices(['10.0.9.1', '10.0.9.2']),
  [PATHS.slices]: slices([slice('shop', 'web', ['10.0.0.1'])]),
  [PATHS.services]: [WEB_SERVICE],
  [PATHS.shopDeployments]: [WEB_DEPLOYMENT],
  [PATHS.shopStatefulSets]: [],
  [PATHS.hpas]: [],
  [PATHS.accessReviews]: { status: { allowed: true } },
  [PATHS.yourReviews]: { status: { allowed: true } },
  [PATHS.prometheus]: vectorOf('1'),
});
