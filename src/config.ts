import type { z } from 'zod';
import { type LogLevel, SentryVariables, type TracesVariables, Variables } from './config-variables.ts';
import type { PortRange, Settings } from './core/types.ts';
import { type Environment, readVariables, withoutEmpty } from './environment.ts';
import type { TracesConfig } from './telemetry/traces/open-tracer.ts';
import type { TriggerSettings } from './triggers/triggers.ts';

/** What the service is started with. */
export interface Config {
  readonly resolver: {
    readonly namespace: string;
    readonly deploymentName: string;
    readonly serviceName: string;
    readonly port: number;
    readonly proxyPort: number;
    /** How it tells whose a connection is: by the port that it came in on, or by the Host header. */
    readonly routing: Settings['resolver']['routing'];
    /** Where its ports are claimed, under routing by port. */
    readonly portRange: PortRange;
  };
  readonly clusterDomain: string;
  /** Who watches what decisions rest on. */
  readonly observedBy: NonNullable<Settings['observedBy']>;
  /** The Service that Metacontroller calls: by its slices replicas know each other. */
  readonly hookServiceName: string;
  /** This pod's address among them; undefined: not known. */
  readonly podAddress: string | undefined;
  /** Where we run. */
  readonly podNamespace: string;
  /** The address that both ports are bound to; undefined: all. */
  readonly listenAddress: string | undefined;
  readonly hookPort: number;
  readonly serverPort: number;
  /** Where the metrics are; undefined: on the server port. */
  readonly metricsPort: number | undefined;
  /** Bearer for the hooks; none: no check. The file may hold several, one per line, and may change. */
  readonly hookToken: string | undefined;
  readonly hookTokenFile: string | undefined;
  readonly pollSeconds: number;
  readonly drainSeconds: number;
  readonly settleSeconds: number;
  readonly resolverGoneSeconds: number;
  readonly reentrySeconds: number;
  /** Sorted, with the resolver's own. */
  readonly reservedNamespaces: readonly string[];
  readonly isObserveOnly: boolean;
  /** Empty: all. */
  readonly watchNamespaces: readonly string[];
  readonly prometheus: {
    readonly serverAddress: string | undefined;
    readonly authorizationHeader: string | undefined;
    /** Questions that one server is asked at the same time; undefined: as many as Prometheus answers by default. */
    readonly maxConcurrency: number | undefined;
    /** Host patterns; `*` stands for anything. */
    readonly allowedServers: readonly string[];
  };
  readonly sentry: SentryConfig | undefined;
  /** Where traces are sent. */
  readonly traces: TracesConfig | undefined;
  readonly logLevel: LogLevel;
  /** `apiServer`: where we run in a pod, the one that the kubelet named. */
  readonly kube: { readonly kubeconfig: string | undefined; readonly apiServer: string | undefined };
}

export interface SentryConfig {
  readonly dsn: string;
  readonly environment: string | undefined;
}

/** Reads the environment, the only place that does; ConfigError with one line for all that is wrong. An empty value is none. */
export function parseConfig(env: Environment): Config {
  return makeConfig(readVariables(Variables, env));
}

/** Where bugs are reported, read before anything else; undefined where nowhere, or where parseConfig will complain. */
export function parseSentryConfig(env: Environment): SentryConfig | undefined {
  const parsed = SentryVariables.safeParse(withoutEmpty(env));
  return parsed.success ? makeSentryConfig(parsed.data) : undefined;
}

/** The part of the configuration that the core decides by. */
export function toSettings(config: Config): Settings {
  const { resolver, pollSeconds, drainSeconds, settleSeconds, resolverGoneSeconds, reentrySeconds } = config;
  return {
    resolver: {
      namespace: resolver.namespace,
      serviceName: resolver.serviceName,
      proxyPort: resolver.proxyPort,
      routing: resolver.routing,
    },
    pollSeconds,
    drainSeconds,
    settleSeconds,
    resolverGoneSeconds,
    reentrySeconds,
    zeroDeadlineSeconds: 5,
    clockSkewSeconds: 3,
    reservedNamespaces: config.reservedNamespaces,
    watchNamespaces: config.watchNamespaces,
    isObserveOnly: config.isObserveOnly,
    observedBy: config.observedBy,
  };
}

/** The part of the configuration that triggers are evaluated by. */
export function toTriggerSettings({ prometheus, kube, pollSeconds }: Config): TriggerSettings {
  return {
    defaultServerAddress: prometheus.serverAddress,
    defaultAuthorization: prometheus.authorizationHeader,
    concurrencyPerServer: prometheus.maxConcurrency,
    allowedServers: prometheus.allowedServers,
    // In a pod, loopback is ourselves; on a developer's machine it is where Prometheus is forwarded to.
    allowLoopback: kube.apiServer === undefined,
    pollSeconds,
  };
}

function makeConfig(env: z.infer<typeof Variables>): Config {
  return {
    resolver: {
      namespace: env.ELASTI_RESOLVER_NAMESPACE,
      deploymentName: env.ELASTI_RESOLVER_DEPLOYMENT_NAME,
      serviceName: env.ELASTI_RESOLVER_SERVICE_NAME,
      port: env.ELASTI_RESOLVER_PORT,
      proxyPort: env.ELASTI_RESOLVER_PROXY_PORT,
      routing: env.RESOLVER_ROUTING,
      portRange: env.RESOLVER_PORT_RANGE,
    },
    clusterDomain: env.KUBERNETES_CLUSTER_DOMAIN,
    observedBy: env.OBSERVE_BY,
    hookServiceName: env.HOOK_SERVICE_NAME,
    podAddress: env.POD_IP,
    podNamespace: env.POD_NAMESPACE,
    listenAddress: env.LISTEN_ADDRESS,
    hookPort: env.HOOK_PORT,
    serverPort: env.SERVER_PORT,
    metricsPort: env.METRICS_PORT,
    hookToken: env.HOOK_TOKEN,
    hookTokenFile: env.HOOK_TOKEN_FILE,
    pollSeconds: env.POLLING_INTERVAL,
    drainSeconds: env.SLEEP_DRAIN_SECONDS,
    settleSeconds: env.WAKE_SETTLE_SECONDS,
    resolverGoneSeconds: env.RESOLVER_GONE_SECONDS,
    reentrySeconds: env.PROXY_REENTRY_SECONDS,
    reservedNamespaces: sortedSet([...env.RESERVED_NAMESPACES, env.ELASTI_RESOLVER_NAMESPACE]),
    isObserveOnly: env.OBSERVE_ONLY === 'true',
    // One namespace named twice would be listed twice.
    watchNamespaces: sortedSet(env.WATCH_NAMESPACES),
    prometheus: {
      serverAddress: env.PROMETHEUS_TRIGGER_SERVER_ADDRESS,
      authorizationHeader: env.PROMETHEUS_TRIGGER_AUTHORIZATION_HEADER,
      maxConcurrency: env.PROMETHEUS_MAX_CONCURRENCY,
      allowedServers: env.PROMETHEUS_ALLOWED_SERVERS,
    },
    sentry: makeSentryConfig(env),
    traces: makeTracesConfig(env, 'elasti'),
    logLevel: env.LOG_LEVEL,
    kube: { kubeconfig: env.KUBECONFIG, apiServer: apiServerOf(env) },
  };
}

/** Where the kubelet says that the API server is. */
export function apiServerOf(
  env: Pick<z.infer<typeof Variables>, 'KUBERNETES_SERVICE_HOST' | 'KUBERNETES_SERVICE_PORT'>,
): string | undefined {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  if (host === undefined) return undefined;
  return `https://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function makeSentryConfig(env: z.infer<typeof SentryVariables>): SentryConfig | undefined {
  return env.SENTRY_DSN === undefined ? undefined : { dsn: env.SENTRY_DSN, environment: env.SENTRY_ENVIRONMENT };
}

/** What tracing needs; undefined where there is no collector. */
export function makeTracesConfig(env: z.infer<typeof TracesVariables>, serviceName: string): TracesConfig | undefined {
  if (env.OTEL_EXPORTER_OTLP_ENDPOINT === undefined) return undefined;
  const attributes = env.OTEL_RESOURCE_ATTRIBUTES;
  const name = env.OTEL_SERVICE_NAME ?? attributes?.['service.name'] ?? serviceName;
  return {
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    headers: env.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    resource: { ...attributes, 'service.name': name },
  };
}

function sortedSet(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}
