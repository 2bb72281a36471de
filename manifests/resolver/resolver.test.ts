import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseResolverConfig, ResolverVariables } from '../../src/resolver/config.ts';
import { grants, type Manifest, noKubectl, renderKustomization } from '../kustomize.ts';

const MANIFESTS = fileURLToPath(new URL('..', import.meta.url));

interface EnvEntry {
  readonly name: string;
  readonly value?: string;
}

describe('the resolver', { skip: noKubectl }, () => {
  const all = noKubectl ? [] : renderKustomization('resolver');
  const findIn = (manifests: readonly Manifest[], kind: string, name: string) =>
    manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name) ??
    assert.fail(`no ${kind} ${name}`);
  const find = (kind: string, name = 'elasti-resolver') => findIn(all, kind, name);
  const pod = () => find('Deployment').spec.template.spec;
  const container = () => pod().containers[0];
  const env = (): Record<string, string | undefined> =>
    Object.fromEntries(container().env.map(({ name, value }: EnvEntry) => [name, value]));

  test('all of it is ours, in our namespace, with an image by tag', () => {
    for (const { kind, metadata } of all) {
      assert.equal(metadata.labels?.['app.kubernetes.io/part-of'], 'elasti');
      assert.equal(metadata.namespace, kind.startsWith('ClusterRole') ? undefined : 'elasti');
      assert.notEqual(kind, 'Secret');
    }
    const hookService = findIn(renderKustomization('base'), 'Deployment', 'elasti-operator-controller');
    assert.equal(container().image, hookService.spec.template.spec.containers[0].image);
  });

  test('takes the place of the other resolver under the same names', () => {
    const names = (manifests: readonly Manifest[]) => manifests.map(({ kind, metadata }) => `${kind} ${metadata.name}`);
    const ours = names(all);
    assert.deepEqual(
      names(renderKustomization('kubeelasti-resolver')).filter((name) => !ours.includes(name)),
      [],
    );
  });

  test('the image starts the entry point that the build makes', () => {
    const { args, command } = container();
    assert.equal(command, undefined);
    assert.deepEqual(args, ['--import', './dist/instrument.js', 'dist/resolver/main.js']);
    for (const file of ['src/instrument.ts', 'src/resolver/main.ts'])
      assert.ok(existsSync(join(MANIFESTS, '..', file)));
  });

  test('pods run as nobody, confined, with bounded memory', () => {
    const { securityContext } = pod();
    assert.equal(securityContext.runAsNonRoot, true);
    assert.equal(securityContext.runAsUser, 65532);
    assert.deepEqual(securityContext.seccompProfile, { type: 'RuntimeDefault' });
    assert.deepEqual(container().securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
    assert.ok(container().resources.requests.memory && container().resources.limits.memory);
  });

  test('two of it, apart from each other, and never one less than that in a roll-out', () => {
    const { replicas, strategy } = find('Deployment').spec;
    assert.equal(replicas, 2);
    assert.deepEqual(strategy.rollingUpdate, { maxUnavailable: 0, maxSurge: 1 });
    const labels = find('Deployment').spec.template.metadata.labels;
    const [apart] = pod().affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
    assert.deepEqual(apart.podAffinityTerm.labelSelector.matchLabels, labels);
    assert.deepEqual(pod().topologySpreadConstraints[0].labelSelector.matchLabels, labels);
    for (const kind of ['PodDisruptionBudget', 'NetworkPolicy']) {
      const { selector, podSelector } = find(kind).spec;
      assert.deepEqual((selector ?? podSelector).matchLabels, labels);
    }
  });

  test('the environment holds variables that it reads, and fits probes, Service and grace period', () => {
    assert.deepEqual(
      Object.keys(env()).filter((name) => !(name in ResolverVariables.shape)),
      [],
    );
    const config = parseResolverConfig(env());
    assert.equal(config.graceSeconds, pod().terminationGracePeriodSeconds);
    assert.deepEqual(container().ports, [{ name: 'internal', containerPort: config.internalPort }]);
    const { readinessProbe, livenessProbe, startupProbe } = container();
    assert.deepEqual(readinessProbe.httpGet, { path: '/readyz', port: 'internal' });
    assert.deepEqual(livenessProbe.httpGet, { path: '/healthz', port: 'internal' });
    assert.deepEqual(startupProbe.httpGet, { path: '/healthz', port: 'internal' });
    const [port] = find('Service', 'elasti-resolver-service').spec.ports;
    assert.deepEqual([port.port, port.targetPort], [config.internalPort, 'internal']);
    // It knows itself by every address that a slice may name.
    const fieldOf = (name: string) =>
      container().env.find((entry: EnvEntry) => entry.name === name).valueFrom.fieldRef.fieldPath;
    assert.equal(fieldOf('POD_IP'), 'status.podIPs');
    assert.equal(fieldOf('POD_NAMESPACE'), 'metadata.namespace');
  });

  test('the hook service is called by the Service that it has', () => {
    const url = new URL(parseResolverConfig(env()).operatorUrl);
    const [name, namespace] = url.hostname.split('.');
    const service = findIn(renderKustomization('base'), 'Service', name ?? '');
    assert.equal(service.metadata.namespace, namespace);
    assert.equal(String(service.spec.ports[0].port), url.port);
  });

  test('it may do this and no more', () => {
    assert.deepEqual(grants(find('Role')), ['configmaps: list watch']);
    assert.deepEqual(grants(find('ClusterRole')), [
      'discovery.k8s.io/endpointslices: list watch',
      'elasti.truefoundry.com/elastiservices: list patch watch',
    ]);
    for (const kind of ['RoleBinding', 'ClusterRoleBinding']) {
      const { roleRef, subjects } = find(kind);
      assert.equal(roleRef.name, 'elasti-resolver');
      assert.deepEqual(subjects, [{ kind: 'ServiceAccount', name: 'elasti-resolver', namespace: 'elasti' }]);
    }
    assert.equal(find('ServiceAccount').automountServiceAccountToken, false);
    assert.equal(pod().serviceAccountName, 'elasti-resolver');
  });

  test('claimed ports are open to all, the internal port to the hook service and Prometheus', () => {
    const { policyTypes, ingress } = find('NetworkPolicy').spec;
    assert.deepEqual(policyTypes, ['Ingress']);
    const [traffic, internal, ...others] = ingress;
    assert.deepEqual(others, []);
    assert.deepEqual(traffic, { ports: [{ port: 10_240, endPort: 29_999, protocol: 'TCP' }] });
    assert.deepEqual(internal.ports, [{ port: 'internal', protocol: 'TCP' }]);
    assert.deepEqual(internal.from, [
      { podSelector: { matchLabels: { 'app.kubernetes.io/name': 'elasti-operator-controller' } } },
      { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'monitoring' } } },
    ]);
  });

  test('raising targets by itself is a component that adds the setting and the rights for it', (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'elasti-resolver-'));
    t.after(() => rmSync(folder, { recursive: true }));
    const path = (name: string) => relative(folder, join(MANIFESTS, name));
    writeFileSync(
      join(folder, 'kustomization.yaml'),
      JSON.stringify({ resources: [path('resolver')], components: [path('resolver/raises-scale')] }),
    );
    const added = renderKustomization(relative(MANIFESTS, folder));
    const deployment = findIn(added, 'Deployment', 'elasti-resolver');
    const entries: readonly EnvEntry[] = deployment.spec.template.spec.containers[0].env;
    const values = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
    assert.equal(parseResolverConfig(values).raisesScale, true);
    assert.equal(entries.length, container().env.length + 1);
    assert.deepEqual(grants(findIn(added, 'ClusterRole', 'elasti-resolver-raises-scale')), [
      'apps/deployments/scale: get patch',
      'apps/statefulsets/scale: get patch',
      'argoproj.io/rollouts/scale: get patch',
      'elasti.truefoundry.com/elastiservices: get',
      'keda.sh/scaledobjects: get patch',
    ]);
    const { subjects } = findIn(added, 'ClusterRoleBinding', 'elasti-resolver-raises-scale');
    assert.deepEqual(subjects, find('ClusterRoleBinding').subjects);
    assert.equal(parseResolverConfig(env()).raisesScale, false);
  });
});
