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
    watchNamespaces: [],
    limits: {
      maxHeldConnections: 20_000,
      maxHeldBytes: 268_435_456,
      maxHeldBytesPerConnection: 65_536,
      serviceShare: 0.5,
      maxDialsPerPod: 256,
    },
    operatorUrl: 'http://elasti-operator-controller-service.elasti.svc:8013',
    raisesScale: false,
    graceSeconds: 120,
    traces: undefined,
    logLevel: 'info',
    kube: { kubeconfig: undefined, apiServer: undefined },
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
    RESOLVER_MAX_HELD_CONNECTIONS: '50000',
    RESOLVER_MAX_HELD_BYTES: '1Gi',
    RESOLVER_MAX_HELD_BYTES_PER_CONNECTION: '100000',
    RESOLVER_SERVICE_SHARE_PERCENT: '20',
    RESOLVER_MAX_DIALS_PER_POD: '64',
    WATCH_NAMESPACES: 'shop, depot,,shop',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.monitoring:4318',
    LOG_LEVEL: 'debug',
    KUBECONFIG: '/etc/kubeconfig',
    KUBERNETES_SERVICE_HOST: '10.0.0.1',
  });
  assert.deepEqual(config, {
    podNamespace: 'proxies',
    podAddresses: ['10.1.0.5', 'fd00::5'],
    listenAddress: '127.0.0.1',
    internalPort: 9013,
    watchNamespaces: ['depot', 'shop'],
    limits: {
      maxHeldConnections: 50_000,
      maxHeldBytes: 1_073_741_824,
      maxHeldBytesPerConnection: 100_000,
      serviceShare: 0.2,
      maxDialsPerPod: 64,
    },
    operatorUrl: 'https://hooks.example:8443/elasti',
    raisesScale: true,
    graceSeconds: 300,
    traces: {
      endpoint: 'http://collector.monitoring:4318',
      headers: {},
      resource: { 'service.name': 'elasti-resolver' },
    },
    logLevel: 'debug',
    kube: { kubeconfig: '/etc/kubeconfig', apiServer: 'https://10.0.0.1:443' },
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
  ['RESOLVER_MAX_HELD_CONNECTIONS', '0'],
  ['RESOLVER_MAX_HELD_CONNECTIONS', '1000001'],
  ['RESOLVER_MAX_HELD_BYTES', '8191'],
  ['RESOLVER_MAX_HELD_BYTES', '1025Gi'],
  ['RESOLVER_MAX_HELD_BYTES', '256M'],
  ['RESOLVER_MAX_HELD_BYTES_PER_CONNECTION', '257Mi'],
  ['RESOLVER_SERVICE_SHARE_PERCENT', '51'],
  ['RESOLVER_SERVICE_SHARE_PERCENT', '0'],
  ['RESOLVER_MAX_DIALS_PER_POD', '0'],
  ['WATCH_NAMESPACES', 'shop,De pot'],
  ['LOG_LEVEL', 'loud'],
  ['SENTRY_DSN', 'nowhere'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'nowhere'],
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

test('the smallest and the largest that is allowed', () => {
  const { limits } = parseResolverConfig({
    RESOLVER_MAX_HELD_CONNECTIONS: '1000000',
    RESOLVER_MAX_HELD_BYTES: '1024Gi',
    RESOLVER_MAX_HELD_BYTES_PER_CONNECTION: '8Ki',
    RESOLVER_SERVICE_SHARE_PERCENT: '1',
  });
  assert.deepEqual(limits, {
    maxHeldConnections: 1_000_000,
    maxHeldBytes: 1024 ** 4,
    maxHeldBytesPerConnection: 8192,
    serviceShare: 0.01,
    maxDialsPerPod: 256,
  });
  assert.equal(parseResolverConfig({ RESOLVER_MAX_HELD_BYTES: '32Ki' }).limits.maxHeldBytesPerConnection, 32_768);
  const same = { RESOLVER_MAX_HELD_BYTES: '64Ki', RESOLVER_MAX_HELD_BYTES_PER_CONNECTION: '65536' };
  assert.equal(parseResolverConfig(same).limits.maxHeldBytesPerConnection, 65_536);
});

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
