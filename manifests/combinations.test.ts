import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse as parseYaml } from 'yaml';
import { parseConfig } from '../src/config.ts';
import { COMBINATIONS, nameOf } from './combinations.ts';
import { grants, type Manifest, noKubectl, parse, renderCombination } from './kustomize.ts';

const render = (folder: string, ...components: string[]) =>
  parse(renderCombination({ folder, components, ...(folder.endsWith('tenant') ? { namespace: 'shop' } : {}) }));
const ofKind = (manifests: readonly Manifest[], kind: string) => manifests.filter((manifest) => manifest.kind === kind);
const containerOf = (deployment: Manifest) => deployment.spec.template.spec.containers[0];
const grantsOf = (manifests: readonly Manifest[], kind: string, name: string) =>
  manifests.filter((role) => role.kind === kind && role.metadata.name === name).flatMap(grants);

const HERE = new URL('.', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, HERE), 'utf8');

test('every folder that is a component or an overlay is in a combination, but for those over other manifests', () => {
  const folders = readdirSync(HERE, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('kustomization.yaml') && file.includes('/'))
    .map((file) => file.slice(0, file.lastIndexOf('/')));
  const combined = new Set(COMBINATIONS.flatMap(({ folder, components }) => [folder, ...components]));
  // What the combined are made of, what goes over Metacontroller's manifests, and the example.
  const others = ['base', 'resolver', 'kubeelasti-resolver', 'images', 'example', 'pre-stop-policy'];
  assert.deepEqual(
    folders.filter(
      (folder) => !combined.has(folder) && !others.includes(folder) && !folder.startsWith('metacontroller'),
    ),
    [],
  );
});

describe('combinations', { skip: noKubectl }, () => {
  for (const combination of COMBINATIONS) {
    test(`${nameOf(combination)}: every image is one that images/ names, with its version`, () => {
      const { images } = parseYaml(read('images/kustomization.yaml'));
      const known = images.map(({ newName, newTag }: Record<string, string>) => `${newName}:${newTag}`);
      for (const deployment of ofKind(parse(renderCombination(combination)), 'Deployment'))
        assert.ok(known.includes(containerOf(deployment).image), containerOf(deployment).image);
    });

    test(`${nameOf(combination)}: the hook service's heap has half of its memory limit, and leaves a quarter of it`, () => {
      const deployments = ofKind(parse(renderCombination(combination)), 'Deployment');
      for (const deployment of deployments.filter(({ metadata }) => metadata.name === 'elasti-operator-controller')) {
        const { env, resources } = containerOf(deployment);
        const options = env.find(({ name }: { name: string }) => name === 'NODE_OPTIONS')?.value;
        const [, heap, young] = /--max-old-space-size=(\d+) --max-semi-space-size=(\d+)/.exec(options) ?? [
          assert.fail(),
        ];
        const limit = Number(/^(\d+)Mi$/.exec(resources.limits.memory)?.[1]);
        assert.ok(
          Number(heap) >= 0.5 * limit && Number(heap) + 3 * Number(young) <= 0.75 * limit,
          `${heap} of ${limit}`,
        );
      }
    });
  }

  test('high availability: three of each on as many nodes, one of which may be taken away', () => {
    const manifests = render('own-resolver', 'high-availability');
    for (const { metadata, spec } of ofKind(manifests, 'Deployment')) {
      assert.equal(spec.replicas, 3, metadata.name);
      const { topologySpreadConstraints, priorityClassName } = spec.template.spec;
      assert.equal(priorityClassName, 'system-cluster-critical');
      for (const constraint of topologySpreadConstraints)
        assert.deepEqual(constraint.labelSelector, spec.selector, metadata.name);
      assert.equal(topologySpreadConstraints[0].whenUnsatisfiable, 'DoNotSchedule');
    }
    for (const { spec } of ofKind(manifests, 'PodDisruptionBudget')) {
      assert.deepEqual([spec.maxUnavailable, spec.minAvailable], [1, undefined]);
    }
  });

  test('observe only: the hook service is told so, in words that it knows', () => {
    const [deployment] = ofKind(render('default', 'observe-only'), 'Deployment');
    const values = containerOf(deployment ?? assert.fail()).env.map((entry: Record<string, string>) => [
      entry.name,
      entry.value,
    ]);
    assert.equal(parseConfig(Object.fromEntries(values)).isObserveOnly, true);
  });

  test('namespaced: nothing binds cluster-wide, and both programs are told where to look', () => {
    const manifests = render('own-resolver', 'namespaced');
    assert.deepEqual(ofKind(manifests, 'ClusterRoleBinding'), []);
    for (const deployment of ofKind(manifests, 'Deployment')) {
      const { env } = containerOf(deployment);
      const { valueFrom } = env.find(({ name }: { name: string }) => name === 'WATCH_NAMESPACES') ?? assert.fail();
      assert.deepEqual(valueFrom, { configMapKeyRef: { name: 'elasti-namespaces', key: 'namespaces' } });
    }
  });

  for (const folder of ['default', 'own-resolver']) {
    test(`namespaced: a tenant grants what ${folder} grants cluster-wide`, () => {
      const clusterWide = render(folder);
      const tenant = render('namespaced/tenant');
      for (const { metadata } of tenant) assert.equal(metadata.namespace, 'shop');
      for (const name of ['elasti-operator-controller', 'elasti-resolver']) {
        const missing = grantsOf(clusterWide, 'ClusterRole', name).filter((grant) => !covers(tenant, name, grant));
        assert.deepEqual(missing, []);
      }
    });
  }

  test("namespaced: a tenant grants no more than that with Elasti's own resolver", () => {
    const clusterWide = render('own-resolver');
    const tenant = render('namespaced/tenant');
    for (const name of ['elasti-operator-controller', 'elasti-resolver']) {
      assert.deepEqual(grantsOf(tenant, 'Role', name), grantsOf(clusterWide, 'ClusterRole', name));
    }
  });
});

/** Whether a role of the tenant allows all that a line of grants says. */
function covers(tenant: readonly Manifest[], name: string, grant: string): boolean {
  const [resource, verbs = ''] = grant.split(': ');
  const allowed = grantsOf(tenant, 'Role', name).find((line) => line.startsWith(`${resource}: `)) ?? '';
  return verbs.split(' ').every((verb) => allowed.split(': ')[1]?.split(' ').includes(verb));
}
