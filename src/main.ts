import { parseConfig, toSettings } from './config.ts';
import { createAnswers } from './effects/answers.ts';
import { createAskResolver } from './effects/ask-resolver.ts';
import { createCarryOut } from './effects/carry-out.ts';
import { createEvents } from './effects/events.ts';
import { createGather } from './effects/gather.ts';
import { createRegistry } from './effects/registry.ts';
import { createResolverClaims } from './effects/resolver-claims.ts';
import { createResolverPods } from './effects/resolver-pods.ts';
import { sweepClaims } from './effects/sweep-claims.ts';
import { createWakes } from './effects/wake.ts';
import { secretsOf } from './environment.ts';
import { ConfigError } from './errors.ts';
import { createHooksApp } from './http/app-hooks.ts';
import { createServerApp } from './http/app-server.ts';
import { createGate } from './http/gate.ts';
import { listen } from './http/listen.ts';
import { createReadiness } from './http/readiness.ts';
import { createTokens } from './http/tokens.ts';
import { createCluster } from './kube/create-cluster.ts';
import { isExpectedAnswer } from './kube/kube-error.ts';
import { loadKubeConfig } from './kube/load-kube-config.ts';
import { systemClock as clock, systemRandom as random } from './system.ts';
import { countAnswer } from './telemetry/count-answer.ts';
import { createLogger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { createSentryReporter } from './telemetry/report.ts';
import { createSend } from './triggers/send.ts';
import { createTriggers } from './triggers/triggers.ts';

const MAX_HOOKS_IN_FLIGHT = 200;
const MAX_WAKES_IN_FLIGHT = 5000;
/** After SIGTERM: until kube-proxy everywhere has stopped sending us new connections. */
const LINGER_MS = 3000;
/** For what is in flight after that; together well within the 30 s that a pod is given. */
const GRACE_MS = 12_000;
const FLUSH_MS = 2000;

/** Builds the service from its parts, starts it, and ends it on SIGTERM or SIGINT. The only place that ends the process. */
async function main(): Promise<void> {
  const config = parseConfig(process.env);
  const settings = toSettings(config);
  const log = createLogger({ level: config.logLevel, secrets: secretsOf(process.env) });
  const { monotonicMs } = clock;
  const metrics = createMetrics({ monotonicMs });
  const { report, flush } = createSentryReporter(clock);

  const kubeConfig = loadKubeConfig(config.kube);
  const cluster = createCluster({
    kubeConfig,
    watchNamespaces: config.watchNamespaces,
    clock,
    onCall: ({ verb, resource, error }) => {
      metrics.kubeCalled(verb, resource, error?.code ?? 'success');
      if (error === undefined || isExpectedAnswer(error)) return;
      log.warn({ err: error, verb, resource }, 'the API server did not do as asked');
      report(error, { where: `kube ${verb} ${resource}` });
    },
  });
  const triggers = createTriggers({
    clock,
    send: createSend(),
    readSecretKey: cluster.readSecretKey,
    settings: {
      defaultServerAddress: config.prometheus.serverAddress,
      defaultAuthorization: config.prometheus.authorizationHeader,
      allowedServers: config.prometheus.allowedServers,
      // In a pod, loopback is ourselves; on a developer's machine it is where Prometheus is forwarded to.
      allowLoopback: !config.kube.isInCluster,
      pollSeconds: config.pollSeconds,
    },
    onQuery: ({ outcome }) => metrics.triggerRead(outcome),
    onBug: (error) => report(error, { where: 'triggers' }),
  });
  const registry = createRegistry({ cluster, clock });
  const claims = createResolverClaims({
    cluster,
    clock,
    log,
    settings: {
      namespace: config.resolver.namespace,
      portRange: config.resolver.portRange,
      watchNamespaces: config.watchNamespaces,
    },
  });
  const pods = createResolverPods({ ask: createAskResolver({ port: config.resolver.port }), clock });
  const isRoutedByPort = settings.resolver.routing === 'port';
  const gather = createGather({ cluster, clock, triggers, settings, resolver: { ...claims, ...pods } });
  const answers = createAnswers({
    clock,
    settings,
    gather,
    registry,
    carryOut: createCarryOut({
      cluster,
      clock,
      log,
      settings,
      onScaled: metrics.scaled,
      onZeroStep: metrics.zeroStepEnded,
    }),
    recordEvents: createEvents({ cluster, log }),
    ...(isRoutedByPort ? { releasePorts: claims.release } : {}),
    onAnswered: (answer) => {
      countAnswer(metrics, answer);
      if (answer.isFinalized) triggers.forget(answer.elastiService.uid);
    },
  });
  const wakes = createWakes({
    cluster,
    clock,
    random,
    log,
    registry,
    onScaled: metrics.scaled,
    onWake: ({ seconds }) => metrics.woken(seconds),
  });

  const gate = createGate({ maxInFlight: MAX_HOOKS_IN_FLIGHT, random: random.next });
  const wakeGate = createGate({ maxInFlight: MAX_WAKES_IN_FLIGHT, random: random.next });
  const tokens = createTokens({
    token: config.hookToken,
    file: config.hookTokenFile,
    monotonicMs,
    onUnreadable: (error) => log.error({ err: error }, 'cannot read the hook tokens again, the last ones stay'),
  });
  const onRequest = metrics.httpAnswered;
  const onError = (error: unknown, { route, namespace, name }: { route: string; namespace?: string; name?: string }) =>
    report(error, { where: route, namespace, name });
  const hooksApp = createHooksApp({ ...answers, tokens, gate, monotonicMs, log, onRequest, report: onError });
  const serverApp = createServerApp({
    wake: ({ namespace, service }) => wakes.wake(namespace, service),
    listElastiServices: () => cluster.listElastiServices({}),
    metricsText: metrics.expose,
    isReady: createReadiness({ ping: () => cluster.ping({ timeoutMs: 2000 }), monotonicMs }),
    gate: wakeGate,
    monotonicMs,
    log,
    onRequest,
    report: onError,
  });
  const host = config.listenAddress;
  const hooks = await listen(hooksApp, { host, port: config.hookPort });
  const server = await listen(serverApp, { host, port: config.serverPort });
  log.info({ hookPort: hooks.port, serverPort: server.port, settings }, 'listening');

  const sweeping = new AbortController();
  if (isRoutedByPort) {
    const onBug = (error: unknown) => report(error, { where: 'sweep' });
    void sweepClaims({ claims, clock, random, log, onBug }, sweeping.signal);
  }

  let isEnding = false;
  const end = async (signal: string) => {
    if (isEnding) return;
    isEnding = true;
    log.info({ signal }, 'ending: no longer ready, finishing what is in flight');
    gate.shutDown();
    wakeGate.shutDown();
    sweeping.abort();
    await clock.sleep(LINGER_MS);
    await Promise.all([hooks.close(GRACE_MS), server.close(GRACE_MS)]);
    await wakes.stop();
    await flush(FLUSH_MS);
    log.info({}, 'ended');
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

try {
  await main();
} catch (error) {
  // One line for what a person has to mend, all of it for what is our own fault.
  const text = error instanceof ConfigError ? `elasti: ${error.message}` : error;
  process.stderr.write(`${text instanceof Error ? (text.stack ?? text.message) : text}\n`);
  process.exit(1);
}
