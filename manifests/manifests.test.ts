import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { API_VERSION, ElastiServiceSpec, PLURAL } from '../src/api/elastiservice.ts';
import { parseConfig } from '../src/config.ts';
import { Variables } from '../src/config-variables.ts';
import { shardName } from '../src/effects/claim-shards.ts';
import { SHARDS } from '../src/effects/claim-table.ts';
import { grants, type Manifest, noKubectl, renderKustomization } from './kustomize.ts';

const FOLDERS = ['base', 'default', 'kubeelasti-resolver', 'own-resolver', 'resolver', 'example'];

describe('kustomizations', { skip: noKubectl }, () => {
  const rendered = new Map(FOLDERS.map((folder) => [folder, noKubectl ? [] : renderKustomization(folder)]));
  const all = rendered.get('default') ?? [];
  const find = (kind: string, name: string) => {
    const found = all.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
    assert.ok(found, `${kind} ${name} is there`);
    return found;
  };
  const hookService = () => find('Deployment', 'elasti-operator-controller');
  const env = (deployment: Manifest) =>
    new Map<string, string | undefined>(
      containerOf(deployment).env.map((entry: EnvEntry) => [entry.name, entry.value]),
    );

  for (const [folder, manifests] of rendered) {
    test(`${folder}: no Secret, and images by tag but not by latest`, () => {
      assert.ok(manifests.length > 2);
      for (const manifest of manifests) {
        assert.notEqual(manifest.kind, 'Secret');
        if (manifest.kind !== 'Deployment') continue;
        assert.match(containerOf(manifest).image, /:[\w.-]+$/);
        assert.doesNotMatch(containerOf(manifest).image, /:latest$/);
      }
    });

    test(`${folder}: pods run as nobody, confined, with bounded memory`, () => {
      for (const manifest of manifests.filter(({ kind }) => kind === 'Deployment')) {
        const pod = manifest.spec.template.spec;
        const container = containerOf(manifest);
        assert.equal(pod.securityContext.runAsNonRoot, true);
        assert.equal(pod.securityContext.runAsUser, 65532);
        assert.deepEqual(pod.securityContext.seccompProfile, { type: 'RuntimeDefault' });
        assert.deepEqual(container.securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        assert.ok(container.resources.requests.memory && container.resources.limits.memory);
      }
    });

    test(`${folder}: each Service selects pods and names ports that they have`, () => {
      const pods = manifests.filter(({ kind }) => kind === 'Deployment').map(({ spec }) => spec.template);
      for (const service of manifests.filter(({ kind }) => kind === 'Service')) {
        const { selector, ports } = service.spec;
        const pod = pods.find(({ metadata }) => selects(selector, metadata.labels));
        assert.ok(pod, `${service.metadata.name} selects pods`);
        const names = pod.spec.containers[0].ports.map(({ name }: { name: string }) => name);
        for (const port of ports)
          assert.ok(names.includes(port.targetPort), `${port.targetPort} is a port of the pods`);
      }
    });
  }

  test('names and ports that KubeElasti relies on', () => {
    const ports = (name: string) => find('Service', name).spec.ports.map(({ port }: { port: number }) => port);
    assert.deepEqual(ports('elasti-operator-controller-service'), [8013]);
    assert.deepEqual(ports('elasti-resolver-service').sort(), [8012, 8013]);
    for (const manifest of all.filter(({ metadata }) => metadata.namespace)) {
      assert.equal(manifest.metadata.namespace, 'elasti');
    }
  });

  test('the hook service is a rolling pair with probes on the server port', () => {
    const { replicas, strategy, template } = hookService().spec;
    const { livenessProbe, readinessProbe, startupProbe, ports } = containerOf(hookService());
    assert.equal(replicas, 2);
    assert.equal(strategy.rollingUpdate.maxUnavailable, 0);
    assert.equal(template.spec.terminationGracePeriodSeconds, 30);
    assert.deepEqual(readinessProbe.httpGet, { path: '/readyz', port: 'server' });
    assert.deepEqual(livenessProbe.httpGet, { path: '/healthz', port: 'server' });
    assert.deepEqual(startupProbe.httpGet, { path: '/healthz', port: 'server' });
    assert.deepEqual(ports, [
      { name: 'hooks', containerPort: 8080 },
      { name: 'server', containerPort: 8013 },
    ]);
    for (const name of ['elasti-operator-controller', 'elasti-resolver']) {
      const labels = find('Deployment', name).spec.template.metadata.labels;
      assert.ok(selects(find('PodDisruptionBudget', name).spec.selector.matchLabels, labels));
      assert.ok(selects(find('NetworkPolicy', name).spec.podSelector.matchLabels, labels));
    }
  });

  test('the environment holds variables that the service reads, and fits ports, Services and the mounted token', () => {
    const values = env(hookService());
    assert.deepEqual(
      [...values.keys()].filter((name) => !(name in Variables.shape)),
      // Those of Node.js and of its C library.
      ['NODE_OPTIONS', 'MALLOC_ARENA_MAX', 'MALLOC_TRIM_THRESHOLD_'],
    );
    const config = parseConfig(Object.fromEntries(values));
    assert.equal(config.hookPort, 8080);
    assert.equal(config.serverPort, 8013);
    assert.equal(config.drainSeconds, 15);
    assert.equal(config.reentrySeconds, 25);
    const { volumeMounts } = containerOf(hookService());
    const [volume] = hookService().spec.template.spec.volumes;
    assert.equal(config.hookTokenFile, `${volumeMounts[0].mountPath}/${volume.secret.items[0].path}`);

    find('Deployment', config.resolver.deploymentName);
    const resolver = find('Service', config.resolver.serviceName);
    assert.equal(resolver.metadata.namespace, config.resolver.namespace);
    assert.deepEqual(
      resolver.spec.ports.map(({ port }: { port: number }) => port),
      [config.resolver.port, config.resolver.proxyPort],
    );
  });

  test("the resolver's environment names the hook service as it is named here", () => {
    const values = env(find('Deployment', 'elasti-resolver'));
    find('Deployment', values.get('ELASTI_OPERATOR_DEPLOYMENT_NAME') ?? '');
    const service = find('Service', values.get('ELASTI_OPERATOR_SERVICE_NAME') ?? '');
    assert.equal(service.metadata.namespace, values.get('ELASTI_OPERATOR_NAMESPACE'));
    assert.equal(String(service.spec.ports[0].port), values.get('ELASTI_OPERATOR_PORT'));
  });

  test('Metacontroller calls our three hooks, at a Service of ours, with the token that we mount', () => {
    const { spec, metadata } = find('CompositeController', 'elasti');
    assert.equal(metadata.labels?.['app.kubernetes.io/part-of'], 'elasti');
    assert.deepEqual(Object.keys(spec.hooks).sort(), ['customize', 'finalize', 'sync']);
    const [{ host, authorization }] = spec.endpointConfigs;
    for (const [hook, { version, webhook }] of Object.entries<Manifest>(spec.hooks)) {
      const url = new URL(webhook.url);
      assert.equal(version, 'v2');
      assert.equal(url.host, host);
      assert.equal(url.pathname, `/${hook}`);
    }
    const [name, namespace] = host.split(/[.:]/);
    const service = find('Service', name);
    assert.equal(service.metadata.namespace, namespace);
    assert.equal(String(service.spec.ports[0].port), host.split(':')[1]);
    const [volume] = hookService().spec.template.spec.volumes;
    assert.deepEqual(authorization.secretRef, {
      name: volume.secret.secretName,
      namespace: 'elasti',
      key: volume.secret.items[0].key,
    });
  });

  test('Metacontroller watches the ElastiService that the CRD defines, and keeps our kinds of children', () => {
    const { spec } = find('CompositeController', 'elasti');
    assert.deepEqual(spec.parentResource, {
      apiVersion: API_VERSION,
      resource: PLURAL,
      ignoreStatusChanges: true,
    });
    assert.deepEqual(
      spec.childResources.map(({ resource }: { resource: string }) => resource),
      ['services', 'endpointslices'],
    );
    assert.equal(find('CustomResourceDefinition', `${PLURAL}.elasti.truefoundry.com`).spec.names.plural, PLURAL);
  });

  test('the hook service may do this and no more', () => {
    assert.deepEqual(grants(find('ClusterRole', 'elasti-operator-controller')), [
      'apps/deployments/scale: get patch',
      'apps/statefulsets/scale: get patch',
      'argoproj.io/rollouts/scale: get patch',
      'discovery.k8s.io/endpointslices: list',
      'elasti.truefoundry.com/elastiservices: get list patch',
      'events: create',
      'keda.sh/scaledobjects: get patch',
    ]);
    assert.deepEqual(grants(find('ClusterRole', 'elasti-secret-headers')), ['secrets: get']);
    const role = find('Role', 'elasti-operator-controller');
    assert.equal(role.metadata.namespace, 'elasti');
    assert.deepEqual(grants(role), ['configmaps: create', 'configmaps: get patch']);
    assert.deepEqual(
      role.rules.flatMap(({ resourceNames = [] }: { resourceNames?: string[] }) => resourceNames),
      shardNames(),
    );
  });

  test('roles are bound to our service accounts only, the one for Secrets to none, and none has a wildcard', () => {
    const bindings = all.filter(({ kind }) => kind.endsWith('RoleBinding'));
    assert.deepEqual(
      bindings.map(({ roleRef, subjects }) => [roleRef.name, ...subjects.map((s: { name: string }) => s.name)]),
      [
        ['elasti-operator-controller', 'elasti-operator-controller'],
        ['elasti-operator-controller', 'elasti-operator-controller'],
        ['elasti-resolver', 'elasti-resolver'],
      ],
    );
    const roles = all.filter(({ kind }) => kind.endsWith('Role'));
    assert.doesNotMatch(roles.flatMap(grants).join(), /\*/);
    for (const name of bindings.flatMap(({ subjects }) => subjects.map((s: { name: string }) => s.name))) {
      find('ServiceAccount', name);
    }
  });

  test('hooks are open to Metacontroller only, and the server to the resolver and Prometheus', () => {
    const { policyTypes, ingress } = find('NetworkPolicy', 'elasti-operator-controller').spec;
    assert.deepEqual(policyTypes, ['Ingress']);
    const callers = (port: string) => ingress.find(({ ports }: Manifest) => ports[0].port === port).from;
    assert.deepEqual(callers('hooks'), [
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'metacontroller' } } },
    ]);
    const [resolver] = callers('server');
    assert.ok(
      selects(resolver.podSelector.matchLabels, find('Deployment', 'elasti-resolver').spec.template.metadata.labels),
    );
  });

  test('the example is complete, and leaves the replicas of its target alone', () => {
    const example = rendered.get('example') ?? [];
    const { spec } = example.find(({ kind }) => kind === 'ElastiService') ?? assert.fail('no ElastiService');
    const { service, scaleTargetRef } = ElastiServiceSpec.parse(spec);
    assert.ok(example.some(({ kind, metadata }) => kind === 'Service' && metadata.name === service));
    const target = example.find(
      ({ kind, metadata }) => kind === scaleTargetRef.kind && metadata.name === scaleTargetRef.name,
    );
    assert.ok(target);
    assert.equal(target.spec.replicas, undefined);
  });

  test("Metacontroller's own manifests get our flags, a second replica, and rights for Elasti only", (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'elasti-kustomize-'));
    t.after(() => rmSync(folder, { recursive: true }));
    cpSync(new URL('metacontroller', import.meta.url), join(folder, 'metacontroller'), { recursive: true });
    writeFileSync(join(folder, 'upstream.yaml'), UPSTREAM);
    const components = '[metacontroller, metacontroller/two-replicas, metacontroller/rights]';
    writeFileSync(join(folder, 'kustomization.yaml'), `resources: [upstream.yaml]\ncomponents: ${components}\n`);
    const manifests = renderKustomization(relative(fileURLToPath(new URL('.', import.meta.url)), folder));
    const statefulSet = manifests.find(({ kind }) => kind === 'StatefulSet') ?? assert.fail();
    const { args } = containerOf(statefulSet);
    for (const flag of [
      '--apply-strategy=server-side-apply',
      '--workers=50',
      '--client-go-qps=300',
      '--client-go-burst=600',
      '--target-label-selector=app.kubernetes.io/part-of=elasti',
      '--zap-log-level=error',
      '--leader-election',
    ]) {
      assert.ok(args.includes(flag), flag);
    }
    assert.ok(!args.includes('--zap-log-level=4'));
    assert.equal(statefulSet.spec.replicas, 2);
    const roles = manifests.filter(({ kind }) => kind.endsWith('Role'));
    assert.doesNotMatch(roles.flatMap(grants).join(), /\*/);
    assert.ok(
      grants(roles.find(({ kind }) => kind === 'Role') ?? assert.fail())
        .join()
        .includes('leases'),
    );
  });
});

interface EnvEntry {
  readonly name: string;
  readonly value?: string;
}

const shardNames = () => Array.from({ length: SHARDS }, (_, shard) => shardName(shard));

const UPSTREAM = `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: metacontroller, namespace: metacontroller }
spec:
  template:
    spec:
      containers: [{ name: metacontroller, args: [--zap-log-level=4, --discovery-interval=20s] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: metacontroller }
rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
`;

function containerOf(workload: Manifest) {
  return workload.spec.template.spec.containers[0];
}

function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}
