import { setFlagsFromString } from 'node:v8';
import { parseConfig, toSettings, toTriggerSettings } from './config.ts';
import { createAskResolver } from './effects/ask-resolver.ts';
import { createEffects } from './effects/create-effects.ts';
import { sweepClaims } from './effects/sweep-claims.ts';
import { secretsOf } from './environment.ts';
import { ConfigError } from './errors.ts';
import { createHooksApp } from './http/app-hooks.ts';
import { createMetricsApp, createServerApp, type ServerAppDeps } from './http/app-server.ts';
import { createGate } from './http/gate.ts';
import { listen } from './http/listen.ts';
import { createReadiness } from './http/readiness.ts';
import { createTokens } from './http/tokens.ts';
import { createConnect } from './kube/connection.ts';
import { type ClusterDeps, createCluster } from './kube/create-cluster.ts';
import type { KubeAccess } from './kube/in-cluster.ts';
import { isExpectedAnswer } from './kube/kube-error.ts';
import { loadKubeConfig } from './kube/load-kube-config.ts';
import { createCall, type OnCall } from './kube/request.ts';
import { findUnusableRules } from './resolver/http1/probe-response.ts';
import { systemClock as clock, systemRandom as random } from './system.ts';
import { countAnswer } from './telemetry/count-answer.ts';
import { createLogger } from './telemetry/logger.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { createSentryReporter } from './telemetry/report.ts';
import { openTracer } from './telemetry/traces/open-tracer.ts';
import { createTraceCalls } from './telemetry/traces/trace-calls.ts';
import { createTraceWake } from './telemetry/traces/trace-wake.ts';
import { createSend } from './triggers/send.ts';
import { createTriggers } from './triggers/triggers.ts';
import type { ListWatchDeps } from './watch/list-watch.ts';
import { watchOurselves } from './watch-ourselves.ts';

const MAX_HOOKS_IN_FLIGHT = 200;
const MAX_WAKES_IN_FLIGHT = 5000;
/** After SIGTERM: until kube-proxy everywhere has stopped sending us new connections. */
const LINGER_MS = 3000;
/** For what is in flight after that; together well within the 30 s that a pod is given. */
const GRACE_MS = 12_000;
const FLUSH_MS = 2000;

/** Builds the service from its parts, starts it, and ends it on SIGTERM or SIGINT. The only place that ends the process. */
async function main(): Promise<void> {
  // Garbage is collected sooner, and what is left is packed: of 10,000 ElastiServices a sixth of all memory (bench/README.md).
  setFlagsFromString('--memory-saver-mode');
  const config = parseConfig(process.env);
  const settings = toSettings(config);
  const log = createLogger({ level: config.logLevel, secrets: secretsOf(process.env) });
  const { monotonicMs } = clock;
  const metrics = createMetrics({ monotonicMs });
  const { report, flush } = createSentryReporter(clock);
  const tracer = await openTracer(config.traces, { clock, random, onSpans: metrics.spansEnded });
  const traceCall = tracer && createTraceCalls(tracer, clock);

  const kubeConfig = await loadKubeConfig(config.kube);
  const clusterDeps: ClusterDeps = {
    kubeConfig,
    watchNamespaces: config.watchNamespaces,
    clock,
    onCall: (call) => {
      const { verb, resource, error } = call;
      traceCall?.(call);
      metrics.kubeCalled(verb, resource, error?.code ?? 'success');
      if (error === undefined || isExpectedAnswer(error)) return;
      log.warn({ err: error, verb, resource }, 'the API server did not do as asked');
      report(error, { where: `kube ${verb} ${resource}` });
    },
  };
  const cluster = createCluster(clusterDeps);
  const triggers = createTriggers({
    clock,
    send: createSend(),
    readSecretKey: cluster.readSecretKey,
    settings: toTriggerSettings(config),
    onQuery: ({ outcome }) => metrics.triggerRead(outcome),
    onBug: (error) => report(error, { where: 'triggers' }),
  });
  const onCall: OnCall = (call) => metrics.kubeCalled(call.verb, call.resource, call.error?.code ?? 'success');
  const own =
    config.observedBy === 'watch'
      ? watchOurselves({
          ...makeWatchDeps(kubeConfig, onCall),
          config,
          settings,
          log,
          onEnded: metrics.watchEnded,
          onEvent: metrics.watchEvent,
        })
      : undefined;
  const { answers, wakes, claims, nudges } = createEffects({
    sighted: own && {
      ...own,
      cluster,
      onNudge: metrics.nudged,
      onBug: (error) => report(error, { where: 'nudges' }),
    },
    findUnusableRules,
    cluster,
    // Of connections of their own: the reads of fifty syncs would stand before them.
    wakeCluster: createCluster(clusterDeps),
    clock,
    random,
    log,
    triggers,
    settings,
    byPort: {
      cluster,
      sight: own?.claims,
      ask: createAskResolver({ port: config.resolver.port }),
      portRange: config.resolver.portRange,
    },
    onScaled: metrics.scaled,
    onZeroStep: metrics.zeroStepEnded,
    onWake: ({ seconds }) => metrics.woken(seconds),
    onAnswered: (answer) => countAnswer(metrics, answer),
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
  const serverDeps: ServerAppDeps = {
    wake: ({ namespace, service }) => wakes.wake(namespace, service),
    listElastiServices: async () => own?.listElastiServices() ?? (await cluster.listElastiServices({})),
    metricsText: metrics.expose,
    isReady: createReadiness({ ping: () => cluster.ping({ timeoutMs: 2000 }), isSynced: own?.isSynced, monotonicMs }),
    gate: wakeGate,
    traceWake: tracer && createTraceWake(tracer, clock),
    monotonicMs,
    log,
    onRequest,
    report: onError,
  };
  const withoutMetrics = config.metricsPort !== undefined;
  const serverApp = createServerApp(serverDeps, { withoutMetrics });
  const host = config.listenAddress;
  const hooks = await listen(hooksApp, { host, port: config.hookPort });
  const server = await listen(serverApp, { host, port: config.serverPort });
  const metricsServer =
    config.metricsPort === undefined
      ? undefined
      : await listen(createMetricsApp(serverDeps), { host, port: config.metricsPort });
  log.info({ hookPort: hooks.port, serverPort: server.port, settings }, 'listening');

  if (nudges) own?.tell(nudges);
  const sweeping = new AbortController();
  if (claims) {
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
    nudges?.stop();
    await clock.sleep(LINGER_MS);
    await Promise.all([hooks, server, metricsServer].map((listening) => listening?.close(GRACE_MS)));
    await wakes.stop();
    await Promise.all([flush(FLUSH_MS), tracer?.close(FLUSH_MS)]);
    log.info({}, 'ended');
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
}

function makeWatchDeps(
  kubeConfig: KubeAccess,
  onCall: OnCall,
): Pick<ListWatchDeps, 'connect' | 'call' | 'clock' | 'random'> {
  const { monotonicMs } = clock;
  const connect = createConnect(kubeConfig, monotonicMs);
  return { connect, call: createCall({ connect, monotonicMs, onCall }), clock, random };
}

try {
  await main();
} catch (error) {
  // One line for what a person has to mend, all of it for what is our own fault.
  const text = error instanceof ConfigError ? `elasti: ${error.message}` : error;
  process.stderr.write(`${text instanceof Error ? (text.stack ?? text.message) : text}\n`);
  process.exit(1);
}
