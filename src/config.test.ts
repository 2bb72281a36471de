import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig, parseSentryConfig, toSettings, toTriggerSettings } from './config.ts';
import { secretsOf } from './environment.ts';
import { ConfigError } from './errors.ts';

test('an empty environment gives the defaults', () => {
  assert.deepEqual(parseConfig({}), {
    resolver: {
      namespace: 'elasti',
      deploymentName: 'elasti-resolver',
      serviceName: 'elasti-resolver-service',
      port: 8013,
      proxyPort: 8012,
      routing: 'host',
      portRange: { first: 10_240, last: 29_999 },
    },
    clusterDomain: 'cluster.local',
    observedBy: 'metacontroller',
    hookServiceName: 'elasti-hooks',
    podAddress: undefined,
    podNamespace: 'elasti',
    listenAddress: undefined,
    hookPort: 8080,
    serverPort: 8013,
    metricsPort: undefined,
    hookToken: undefined,
    hookTokenFile: undefined,
    pollSeconds: 30,
    drainSeconds: 5,
    settleSeconds: 2,
    resolverGoneSeconds: 30,
    reentrySeconds: 0,
    reservedNamespaces: ['elasti', 'kube-node-lease', 'kube-public', 'kube-system'],
    isObserveOnly: false,
    watchNamespaces: [],
    prometheus: {
      serverAddress: undefined,
      authorizationHeader: undefined,
      maxConcurrency: undefined,
      allowedServers: ['*'],
    },
    sentry: undefined,
    traces: undefined,
    logLevel: 'info',
    kube: { kubeconfig: undefined, apiServer: undefined },
  });
});

const full = {
  ELASTI_RESOLVER_NAMESPACE: 'proxy',
  ELASTI_RESOLVER_DEPLOYMENT_NAME: 'resolver',
  ELASTI_RESOLVER_SERVICE_NAME: 'resolver-svc',
  ELASTI_RESOLVER_PORT: '9013',
  ELASTI_RESOLVER_PROXY_PORT: '9012',
  RESOLVER_ROUTING: 'port',
  RESOLVER_PORT_RANGE: '10240-12287',
  KUBERNETES_CLUSTER_DOMAIN: 'k8s.example',
  POLLING_INTERVAL: '1m30s',
  PROMETHEUS_TRIGGER_SERVER_ADDRESS: 'http://prometheus.monitoring:9090/base',
  PROMETHEUS_TRIGGER_AUTHORIZATION_HEADER: 'Bearer abc',
  PROMETHEUS_MAX_CONCURRENCY: '400',
  PROMETHEUS_ALLOWED_SERVERS: 'prometheus.monitoring:9090, *.example.com',
  SENTRY_DSN: 'https://key@sentry.example/7',
  SENTRY_ENVIRONMENT: 'staging',
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector.monitoring:4318',
  OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20YTpi, x-tenant = shop',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=staging,service.name=overridden',
  OTEL_SERVICE_NAME: 'hooks',
  WATCH_NAMESPACES: 'shop, depot,,shop',
  RESERVED_NAMESPACES: 'infra',
  POD_NAMESPACE: 'platform',
  LISTEN_ADDRESS: '127.0.0.1',
  HOOK_PORT: '1',
  SERVER_PORT: '65535',
  METRICS_PORT: '9090',
  HOOK_TOKEN_FILE: '/etc/elasti/token',
  SLEEP_DRAIN_SECONDS: '15',
  WAKE_SETTLE_SECONDS: '2.5',
  RESOLVER_GONE_SECONDS: '60',
  PROXY_REENTRY_SECONDS: '25',
  OBSERVE_ONLY: 'true',
  OBSERVE_BY: 'watch',
  HOOK_SERVICE_NAME: 'hooks',
  POD_IP: '10.1.0.7',
  LOG_LEVEL: 'debug',
  KUBECONFIG: '/root/.kube/config',
  KUBERNETES_SERVICE_HOST: '10.96.0.1',
};

test('every variable finds its place', () => {
  assert.deepEqual(parseConfig(full), {
    resolver: {
      namespace: 'proxy',
      deploymentName: 'resolver',
      serviceName: 'resolver-svc',
      port: 9013,
      proxyPort: 9012,
      routing: 'port',
      portRange: { first: 10_240, last: 12_287 },
    },
    clusterDomain: 'k8s.example',
    observedBy: 'watch',
    hookServiceName: 'hooks',
    podAddress: '10.1.0.7',
    podNamespace: 'platform',
    listenAddress: '127.0.0.1',
    hookPort: 1,
    serverPort: 65535,
    metricsPort: 9090,
    hookToken: undefined,
    hookTokenFile: '/etc/elasti/token',
    pollSeconds: 90,
    drainSeconds: 15,
    settleSeconds: 2.5,
    resolverGoneSeconds: 60,
    reentrySeconds: 25,
    reservedNamespaces: ['infra', 'proxy'],
    isObserveOnly: true,
    watchNamespaces: ['depot', 'shop'],
    prometheus: {
      serverAddress: 'http://prometheus.monitoring:9090/base',
      authorizationHeader: 'Bearer abc',
      maxConcurrency: 400,
      allowedServers: ['prometheus.monitoring:9090', '*.example.com'],
    },
    sentry: { dsn: 'https://key@sentry.example/7', environment: 'staging' },
    traces: {
      endpoint: 'http://collector.monitoring:4318',
      headers: { Authorization: 'Basic YTpi', 'x-tenant': 'shop' },
      resource: { 'service.name': 'hooks', 'deployment.environment.name': 'staging' },
    },
    logLevel: 'debug',
    kube: { kubeconfig: '/root/.kube/config', apiServer: 'https://10.96.0.1:443' },
  });
  assert.equal(parseConfig({ HOOK_TOKEN: 'abc' }).hookToken, 'abc');
});

test('an empty value is none', () => {
  const empty = Object.fromEntries(Object.keys(full).map((name) => [name, '']));
  assert.deepEqual(parseConfig(empty), parseConfig({}));
});

const PORT_RANGE =
  'two ports with a hyphen between them, from 1024 to 32767, for 2048 ports or more, such as 10240-29999';
const bad: readonly (readonly [string, string, string])[] = [
  ['ELASTI_RESOLVER_NAMESPACE', 'Not_A_Name', 'a name of at most 63 lower-case letters, digits and hyphens'],
  ['ELASTI_RESOLVER_DEPLOYMENT_NAME', 'a b', 'a lower-case DNS name'],
  ['ELASTI_RESOLVER_SERVICE_NAME', 'a.b', 'a name of at most 63 lower-case letters, digits and hyphens'],
  ['ELASTI_RESOLVER_PORT', '0', 'a port from 1 to 65535'],
  ['ELASTI_RESOLVER_PROXY_PORT', '65536', 'a port from 1 to 65535'],
  ['RESOLVER_ROUTING', 'header', 'one of port, host'],
  ['RESOLVER_PORT_RANGE', '10240', PORT_RANGE],
  ['RESOLVER_PORT_RANGE', '10240-12286', PORT_RANGE],
  ['RESOLVER_PORT_RANGE', '20000-10240', PORT_RANGE],
  ['RESOLVER_PORT_RANGE', '1023-9000', PORT_RANGE],
  ['RESOLVER_PORT_RANGE', '20000-32768', PORT_RANGE],
  ['RESOLVER_PORT_RANGE', '8000-12000', 'a range without ELASTI_RESOLVER_PORT, which the resolver itself listens on'],
  ['HOOK_PORT', '80a', 'a port from 1 to 65535'],
  ['HOOK_PORT', '8013', 'another port than SERVER_PORT'],
  ['SERVER_PORT', '-1', 'a port from 1 to 65535'],
  ['METRICS_PORT', '8013', 'another port than HOOK_PORT and SERVER_PORT'],
  ['KUBERNETES_CLUSTER_DOMAIN', '.local', 'a lower-case DNS name'],
  ['POLLING_INTERVAL', '30', 'a duration from 1s to 1h, such as 30s or 1m30s'],
  ['POLLING_INTERVAL', '999ms', 'a duration from 1s to 1h, such as 30s or 1m30s'],
  ['POLLING_INTERVAL', '61m', 'a duration from 1s to 1h, such as 30s or 1m30s'],
  ['PROMETHEUS_TRIGGER_SERVER_ADDRESS', 'prometheus:9090', 'an http or https URL'],
  ['PROMETHEUS_MAX_CONCURRENCY', '0', 'a whole number from 1 to 1000'],
  ['PROMETHEUS_MAX_CONCURRENCY', '2.5', 'a whole number from 1 to 1000'],
  ['PROMETHEUS_MAX_CONCURRENCY', '1001', 'a whole number from 1 to 1000'],
  ['PROMETHEUS_ALLOWED_SERVERS', 'http://a', 'host patterns with commas between them'],
  ['SENTRY_ENVIRONMENT', 'a b', 'at most 64 characters, neither spaces nor slashes'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'collector:4318', 'an http or https URL'],
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector:4318/?x=1', 'a URL without a query'],
  ['OTEL_EXPORTER_OTLP_PROTOCOL', 'grpc', 'http/json'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'a', 'name=value pairs with commas between them, values percent-encoded'],
  ['OTEL_RESOURCE_ATTRIBUTES', 'a=%zz', 'name=value pairs with commas between them, values percent-encoded'],
  ['OTEL_SERVICE_NAME', 'x'.repeat(256), 'at most 255 characters'],
  ['WATCH_NAMESPACES', 'shop,De pot', 'namespaces with commas between them'],
  ['RESERVED_NAMESPACES', 'kube_system', 'namespaces with commas between them'],
  ['POD_NAMESPACE', '-', 'a name of at most 63 lower-case letters, digits and hyphens'],
  ['LISTEN_ADDRESS', 'localhost', 'an IP address'],
  ['SLEEP_DRAIN_SECONDS', '0.9', 'a number of seconds from 1 to 600'],
  ['SLEEP_DRAIN_SECONDS', '5s', 'a number of seconds from 1 to 600'],
  ['WAKE_SETTLE_SECONDS', '601', 'a number of seconds from 1 to 600'],
  ['RESOLVER_GONE_SECONDS', 'NaN', 'a number of seconds from 1 to 86400'],
  ['PROXY_REENTRY_SECONDS', '-1', 'a number of seconds from 0 to 86400'],
  ['OBSERVE_ONLY', 'yes', 'true or false'],
  ['LOG_LEVEL', 'INFO', 'one of debug, info, warn, error, silent'],
];

for (const [variable, value, allowed] of bad) {
  test(`${variable}=${value} is refused`, () => {
    const message = `${variable} is ${JSON.stringify(value)}, allowed is ${allowed}`;
    assert.throws(() => parseConfig({ [variable]: value }), new ConfigError(message));
  });
}

test('all that is wrong is said at once, in one line', () => {
  assert.throws(
    () => parseConfig({ HOOK_PORT: 'x', LOG_LEVEL: 'a\nb', HOOK_TOKEN: 'ok' }),
    (error: Error) => {
      assert.match(
        error.message,
        /HOOK_PORT is "x".*; .*LOG_LEVEL is "a\\nb"|LOG_LEVEL is "a\\nb".*; HOOK_PORT is "x"/,
      );
      assert.doesNotMatch(error.message, /\n/);
      return true;
    },
  );
});

test('the tokens come from one place', () => {
  assert.throws(() => parseConfig({ HOOK_TOKEN: 's3cret', HOOK_TOKEN_FILE: '/t' }), {
    message: 'HOOK_TOKEN_FILE is "/t", allowed is either this or HOOK_TOKEN, not both',
  });
});

const SECRETS = ['PROMETHEUS_TRIGGER_AUTHORIZATION_HEADER', 'HOOK_TOKEN', 'SENTRY_DSN', 'OTEL_EXPORTER_OTLP_HEADERS'];
for (const variable of SECRETS) {
  test(`a bad ${variable} is named, its value is not`, () => {
    assert.throws(
      () => parseConfig({ [variable]: 's3cret value\n' }),
      (error: Error) => {
        assert.ok(error.message.startsWith(`${variable} is (hidden), allowed is `));
        assert.doesNotMatch(error.message, /s3cret/);
        return true;
      },
    );
  });
}

test('an address with credentials is refused without showing them', () => {
  assert.throws(() => parseConfig({ PROMETHEUS_TRIGGER_SERVER_ADDRESS: 'http://me:s3cret@prometheus' }), {
    message: 'PROMETHEUS_TRIGGER_SERVER_ADDRESS is "http://(hidden)@prometheus", allowed is a URL without credentials',
  });
});

test('headers that stand for two lines are refused, so that none can be slipped in', () => {
  assert.throws(() => parseConfig({ OTEL_EXPORTER_OTLP_HEADERS: 'a=b%0D%0Ac:d' }), ConfigError);
});

test('each value of a list of headers is a secret of its own', () => {
  const secrets = secretsOf({ OTEL_EXPORTER_OTLP_HEADERS: 'a=one, b=two=2' });
  for (const secret of ['one', 'two=2']) assert.ok(secrets.includes(secret), secret);
});

test('boundaries are included', () => {
  assert.equal(parseConfig({ POLLING_INTERVAL: '1s' }).pollSeconds, 1);
  assert.equal(parseConfig({ POLLING_INTERVAL: '1h' }).pollSeconds, 3600);
  assert.equal(parseConfig({ SLEEP_DRAIN_SECONDS: '1' }).drainSeconds, 1);
  assert.equal(parseConfig({ SLEEP_DRAIN_SECONDS: '600' }).drainSeconds, 600);
});

test('the settings are what the core needs of it', () => {
  assert.deepEqual(toSettings(parseConfig(full)), {
    resolver: { namespace: 'proxy', serviceName: 'resolver-svc', proxyPort: 9012, routing: 'port' },
    pollSeconds: 90,
    drainSeconds: 15,
    settleSeconds: 2.5,
    resolverGoneSeconds: 60,
    reentrySeconds: 25,
    zeroDeadlineSeconds: 5,
    clockSkewSeconds: 3,
    reservedNamespaces: ['infra', 'proxy'],
    watchNamespaces: ['depot', 'shop'],
    isObserveOnly: true,
    observedBy: 'watch',
  });
});

test('triggers are evaluated by their part of it, and in a pod may not name loopback addresses', () => {
  const settings = {
    defaultServerAddress: 'http://prometheus.monitoring:9090/base',
    defaultAuthorization: 'Bearer abc',
    concurrencyPerServer: 400,
    allowedServers: ['prometheus.monitoring:9090', '*.example.com'],
    allowLoopback: false,
    pollSeconds: 90,
  };
  assert.deepEqual(toTriggerSettings(parseConfig(full)), settings);
  assert.equal(toTriggerSettings(parseConfig({})).allowLoopback, true);
});

test('the Sentry part can be read alone, and leaves complaints to parseConfig', () => {
  assert.deepEqual(parseSentryConfig({ ...full, HOOK_PORT: 'x' }), {
    dsn: 'https://key@sentry.example/7',
    environment: 'staging',
  });
  assert.equal(parseSentryConfig({}), undefined);
  assert.equal(parseSentryConfig({ SENTRY_DSN: '' }), undefined);
  assert.equal(parseSentryConfig({ SENTRY_DSN: 'nonsense' }), undefined);
});
