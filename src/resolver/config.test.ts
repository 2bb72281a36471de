import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigError } from '../errors.ts';
import { parseResolverConfig } from './config.ts';

test('without any variable there are defaults', () => {
  assert.deepEqual(parseResolverConfig({}), {
    podNamespace: 'elasti',
    podAddresses: [],
    listenAddress: undefined,
    internalPort: 8013,
    operatorUrl: 'http://elasti-operator-controller-service.elasti.svc:8013',
    raisesScale: false,
    graceSeconds: 120,
    logLevel: 'info',
    kube: { kubeconfig: undefined, isInCluster: false },
  });
});

test('every variable is read', () => {
  const config = parseResolverConfig({
    POD_NAMESPACE: 'proxies',
    POD_IP: '10.1.0.5,fd00::5',
    LISTEN_ADDRESS: '127.0.0.1',
    RESOLVER_INTERNAL_PORT: '9013',
    ELASTI_OPERATOR_URL: 'https://hooks.example:8443/elasti',
    RESOLVER_RAISES_SCALE: 'true',
    RESOLVER_GRACE_SECONDS: '300',
    LOG_LEVEL: 'debug',
    KUBECONFIG: '/etc/kubeconfig',
    KUBERNETES_SERVICE_HOST: '10.0.0.1',
  });
  assert.deepEqual(config, {
    podNamespace: 'proxies',
    podAddresses: ['10.1.0.5', 'fd00::5'],
    listenAddress: '127.0.0.1',
    internalPort: 9013,
    operatorUrl: 'https://hooks.example:8443/elasti',
    raisesScale: true,
    graceSeconds: 300,
    logLevel: 'debug',
    kube: { kubeconfig: '/etc/kubeconfig', isInCluster: true },
  });
});

test('the hook service is looked for in our own namespace', () => {
  const { operatorUrl } = parseResolverConfig({ POD_NAMESPACE: 'proxies' });
  assert.equal(operatorUrl, 'http://elasti-operator-controller-service.proxies.svc:8013');
});

test('an empty value is none', () => {
  assert.deepEqual(parseResolverConfig({ POD_IP: '', ELASTI_OPERATOR_URL: '' }), parseResolverConfig({}));
});

const FAULTS: readonly (readonly [string, string])[] = [
  ['POD_NAMESPACE', 'No_Name'],
  ['POD_IP', '10.1.0.5,somewhere'],
  ['LISTEN_ADDRESS', 'localhost'],
  ['RESOLVER_INTERNAL_PORT', '0'],
  ['ELASTI_OPERATOR_URL', 'elasti:8013'],
  ['ELASTI_OPERATOR_URL', 'http://elasti:8013/?x=1'],
  ['RESOLVER_RAISES_SCALE', 'yes'],
  ['RESOLVER_GRACE_SECONDS', '9'],
  ['RESOLVER_GRACE_SECONDS', '1.5'],
  ['RESOLVER_GRACE_SECONDS', '86401'],
  ['LOG_LEVEL', 'loud'],
  ['SENTRY_DSN', 'nowhere'],
];
for (const [variable, value] of FAULTS) {
  test(`${variable}=${value} is refused in one line that names it`, () => {
    assert.throws(
      () => parseResolverConfig({ [variable]: value }),
      (error: unknown) =>
        error instanceof ConfigError &&
        error.message.startsWith(`${variable} is `) &&
        error.message.includes(', allowed is ') &&
        !error.message.includes('\n'),
    );
  });
}

test('credentials are never shown', () => {
  for (const env of [{ ELASTI_OPERATOR_URL: 'http://me:hunter2@elasti:8013' }, { SENTRY_DSN: 'https://hunter2' }]) {
    assert.throws(
      () => parseResolverConfig(env),
      (error: unknown) => error instanceof ConfigError && !error.message.includes('hunter2'),
    );
  }
});

test('all that is wrong is said at once', () => {
  assert.throws(
    () => parseResolverConfig({ POD_IP: 'x', LOG_LEVEL: 'loud' }),
    /POD_IP.*; LOG_LEVEL|LOG_LEVEL.*; POD_IP/,
  );
});
