import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Manifest, noKubectl, parse, renderCombination } from './kustomize.ts';

interface Caller {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

const NAME = 'app.kubernetes.io/name';
const HOOKS = 'elasti-operator-controller';
const RESOLVER = 'elasti-resolver';
const CALLERS: Readonly<Record<string, Caller>> = {
  metacontroller: { namespace: 'metacontroller', labels: { [NAME]: 'metacontroller' } },
  prometheus: { namespace: 'monitoring', labels: { [NAME]: 'prometheus' } },
  resolver: { namespace: 'elasti', labels: { [NAME]: RESOLVER } },
  'hook service': { namespace: 'elasti', labels: { [NAME]: HOOKS } },
  client: { namespace: 'shop', labels: { app: 'client' } },
  // Labels can be had by anybody, a namespace cannot.
  impostor: { namespace: 'shop', labels: { [NAME]: RESOLVER } },
};

const matches = (selector: Manifest | undefined, labels: Readonly<Record<string, string>>): boolean =>
  Object.entries(selector?.matchLabels ?? {}).every(([label, value]) => labels[label] === value);

/** Who of the callers may connect to a port of the pods with this name, as the NetworkPolicies say. */
function allowed(manifests: readonly Manifest[], pod: string, port: string | number): string[] {
  const { metadata, spec } =
    manifests.find(({ kind, metadata: { name } }) => kind === 'Deployment' && name === pod)?.spec.template ??
    assert.fail(pod);
  const named = new Map<string, number>(
    spec.containers[0].ports.map(({ name, containerPort }: Manifest) => [name, containerPort]),
  );
  const numberOf = (reference: string | number): number =>
    typeof reference === 'number'
      ? reference
      : (named.get(reference) ?? assert.fail(`${pod} has no port ${reference}`));
  const policies = manifests.filter(
    (manifest) => manifest.kind === 'NetworkPolicy' && matches(manifest.spec.podSelector, metadata.labels),
  );
  assert.ok(policies.length > 0, `${pod} has a policy`);
  const isAllowed = ({ namespace, labels }: Caller) =>
    policies
      .flatMap((policy) => policy.spec.ingress)
      .some(({ from, ports }: { from?: Manifest[]; ports: { port: string | number; endPort?: number }[] }) => {
        const isPort = ports.some(({ port: first, endPort = numberOf(first) }) => {
          const wanted = numberOf(port);
          return wanted >= numberOf(first) && wanted <= endPort;
        });
        const isPeer =
          from === undefined ||
          from.some(
            ({ namespaceSelector, podSelector }) =>
              (namespaceSelector
                ? matches(namespaceSelector, { 'kubernetes.io/metadata.name': namespace })
                : namespace === 'elasti') && matches(podSelector, labels),
          );
        return isPort && isPeer;
      });
  return Object.keys(CALLERS).filter((name) => isAllowed(CALLERS[name] as Caller));
}

const render = (folder: string, ...components: string[]) => parse(renderCombination({ folder, components }));
const EVERYBODY = Object.keys(CALLERS);

describe('NetworkPolicies let in', { skip: noKubectl }, () => {
  test("with Elasti's own resolver: to each port whom it is for, and traffic from everywhere", () => {
    const manifests = render('own-resolver');
    assert.deepEqual(allowed(manifests, HOOKS, 'hooks'), ['metacontroller']);
    assert.deepEqual(allowed(manifests, HOOKS, 'server'), ['prometheus', 'resolver']);
    assert.deepEqual(allowed(manifests, RESOLVER, 'internal'), ['prometheus', 'hook service']);
    for (const port of [10_240, 29_999]) assert.deepEqual(allowed(manifests, RESOLVER, port), EVERYBODY);
    for (const port of [10_239, 30_000]) assert.deepEqual(allowed(manifests, RESOLVER, port), []);
  });

  test("with KubeElasti's resolver likewise", () => {
    const manifests = render('default');
    assert.deepEqual(allowed(manifests, HOOKS, 'hooks'), ['metacontroller']);
    assert.deepEqual(allowed(manifests, HOOKS, 'server'), ['prometheus', 'resolver']);
    assert.deepEqual(allowed(manifests, RESOLVER, 'internal'), ['prometheus']);
    assert.deepEqual(allowed(manifests, RESOLVER, 'proxy'), EVERYBODY);
  });

  test('with a port for metrics, Prometheus to that one and the resolver alone to the one that takes wakes', () => {
    const manifests = render('own-resolver', 'monitoring', 'metrics-port');
    assert.deepEqual(allowed(manifests, HOOKS, 'server'), ['resolver']);
    assert.deepEqual(allowed(manifests, HOOKS, 'metrics'), ['prometheus']);
    const named = (kind: string, name: string) =>
      manifests.find((manifest) => manifest.kind === kind && manifest.metadata.name === name) ?? assert.fail(name);
    const [{ port }] = named('ServiceMonitor', HOOKS).spec.endpoints;
    const { ports } = named('Service', 'elasti-operator-controller-service').spec;
    const scraped = ports.find(({ name }: { name: string }) => name === port);
    assert.equal(scraped.targetPort, 'metrics');
    const [{ env }] = named('Deployment', HOOKS).spec.template.spec.containers;
    const { value } = env.find(({ name }: { name: string }) => name === 'METRICS_PORT');
    assert.equal(value, String(scraped.port));
  });
});
