import { createTokenBucket } from '../effects/token-bucket.ts';
import { secretsOf } from '../environment.ts';
import { ConfigError } from '../errors.ts';
import { createGate } from '../http/gate.ts';
import { listen } from '../http/listen.ts';
import { createConnect } from '../kube/connection.ts';
import { createCluster } from '../kube/create-cluster.ts';
import { isExpectedAnswer } from '../kube/kube-error.ts';
import { loadKubeConfig } from '../kube/load-kube-config.ts';
import { createCall, type OnCall } from '../kube/request.ts';
import { systemClock as clock, systemRandom as random } from '../system.ts';
import { createLogger } from '../telemetry/logger.ts';
import { createSentryReporter } from '../telemetry/report.ts';
import { openTracer } from '../telemetry/traces/open-tracer.ts';
import { createTraceCalls } from '../telemetry/traces/trace-calls.ts';
import { createPostWake } from './cluster/post-wake.ts';
import { createSendWake } from './cluster/send-wake.ts';
import { watchCluster } from './cluster/watch-cluster.ts';
import { createTokenWriter } from './cluster/write-token.ts';
import { createColdStartTraces } from './cold-start-traces.ts';
import { parseResolverConfig } from './config.ts';
import { createInternalApp } from './internal-server.ts';
import { leave } from './leave.ts';
import { createResolverMetrics } from './metrics.ts';
import { fitToOpenFiles, readMaxOpenFiles } from './open-files.ts';
import { createPortReadiness } from './port-readiness.ts';
import { createResolver, type Resolver } from './resolver.ts';

/** Of the pod's grace period, kept for what comes after the last connection. */
const ENDING_MS = 5000;
const INTERNAL_CLOSE_MS = 1000;
const FLUSH_MS = 2000;

/** Builds the resolver from its parts, starts it, and ends it on SIGTERM or SIGINT. */
async function main(): Promise<void> {
  const config = parseResolverConfig(process.env);
  const log = createLogger({ level: config.logLevel, secrets: secretsOf(process.env) });
  const { monotonicMs } = clock;
  const { report, flush } = createSentryReporter(clock);
  // With everything down each service that is held has something to say each second.
  const mayLog = createTokenBucket(clock, { perSecond: 1, burst: 20 });

  let resolver: Resolver | undefined;
  const listening = () => resolver?.listening() ?? [];
  const connections = () => resolver?.connections() ?? {};
  const metrics = createResolverMetrics(() => ({
    objects: cluster.sizes(),
    slicesNamingUs: cluster.ownSlices.count(),
    listeningPorts: listening().length,
    connections: connections(),
  }));
  const tracer = await openTracer(config.traces, { clock, random, onSpans: metrics.spansEnded });
  const traceCall = tracer && createTraceCalls(tracer, clock);

  const kubeConfig = await loadKubeConfig(config.kube);
  const connect = createConnect(kubeConfig, monotonicMs);
  const onCall: OnCall = ({ verb, resource, error }) => metrics.kubeCalled(verb, resource, error?.code ?? 'success');
  const cluster = watchCluster({
    connect,
    call: createCall({ connect, monotonicMs, onCall }),
    clock,
    random,
    log,
    namespace: config.podNamespace,
    watchNamespaces: config.watchNamespaces,
    podAddresses: config.podAddresses,
    onEnded: metrics.watchEnded,
    onEvent: metrics.watchEvent,
    onMalformed: metrics.malformed,
    onBug: (error) => report(error, { where: 'watch' }),
  });
  const tokens = createTokenWriter({
    cluster: createCluster({
      kubeConfig,
      watchNamespaces: config.watchNamespaces,
      clock,
      onCall: (call) => {
        onCall(call);
        traceCall?.(call);
        const { verb, resource, error } = call;
        if (error === undefined || isExpectedAnswer(error)) return;
        if (mayLog()) log.warn({ err: error, verb, resource }, 'the API server did not do as asked');
        report(error, { where: `kube ${verb} ${resource}` });
      },
    }),
    clock,
    random,
    log,
    raisesScale: config.raisesScale,
  });
  const sendWake = createSendWake({
    postWake: createPostWake(config.operatorUrl),
    writeToken: tokens.write,
    clock,
    random,
    tracer,
    onWake: ({ namespace, service }, outcome, error) => {
      metrics.woken(outcome);
      if (outcome === 'hook' || !mayLog()) return;
      const fields = { namespace, service, outcome, ...(error === undefined ? {} : { err: error }) };
      log.warn(fields, 'no hook service has recorded a wake');
    },
  });

  const gate = createGate({ maxInFlight: 1, random: random.next });
  const isPortReady = createPortReadiness({ routes: cluster.routes, listening });
  const internalApp = createInternalApp({
    listeningPorts: listening,
    connections,
    metricsText: metrics.expose,
    isReady: async () => (resolver ? isPortReady() : { ready: false, reason: 'the cluster has not been read yet' }),
    gate,
    monotonicMs,
    log,
    onRequest: metrics.httpAnswered,
    report: (error, { route }) => report(error, { where: route }),
  });
  const internal = await listen(internalApp, { host: config.listenAddress, port: config.internalPort });
  log.info({ internalPort: internal.port, operatorUrl: config.operatorUrl }, 'reading the cluster');

  let isEnding = false;
  const end = async (signal: string) => {
    if (isEnding) return;
    isEnding = true;
    log.info({ signal, slices: cluster.ownSlices.count() }, 'ending: no longer ready, serving what is still sent here');
    gate.shutDown();
    const graceMs = config.graceSeconds * 1000 - ENDING_MS;
    if (resolver) await leave({ ownSlices: cluster.ownSlices, resolver, clock, log }, graceMs);
    tokens.stop();
    await Promise.all([cluster.stop(), internal.close(INTERNAL_CLOSE_MS)]);
    await Promise.all([flush(FLUSH_MS), tracer?.close(FLUSH_MS)]);
    log.info({}, 'ended');
    process.exit(0);
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);

  await cluster.synced;
  if (isEnding) return;
  const listeners = cluster.routes.current().length;
  const maxOpenFiles = readMaxOpenFiles();
  const { limits, neededFiles } = fitToOpenFiles(config.limits, { maxOpenFiles, listeners });
  if (limits !== config.limits) {
    const fields = { maxOpenFiles, neededFiles, maxHeldConnections: limits.maxHeldConnections };
    log.warn(fields, 'this process may open too few files, so that it holds fewer connections than it was told to');
  }
  resolver = createResolver({
    routes: cluster.routes,
    endpoints: cluster.endpoints,
    sendWake,
    clock,
    random,
    limits,
    traces: tracer && createColdStartTraces({ tracer, clock }),
    events: {
      ...metrics.events,
      listenFailed: (claim, error) => {
        metrics.events.listenFailed(claim, error);
        const { namespace, service, resolverPort } = claim;
        if (mayLog()) log.error({ err: error, namespace, service, resolverPort }, 'cannot listen on a claimed port');
      },
    },
    ...(config.listenAddress === undefined ? {} : { host: config.listenAddress }),
  });
  log.info({ objects: cluster.sizes() }, 'the cluster has been read, opening the claimed ports');
}

try {
  await main();
} catch (error) {
  // One line for what a person has to mend, all of it for what is our own fault.
  const text = error instanceof ConfigError ? `elasti-resolver: ${error.message}` : error;
  process.stderr.write(`${text instanceof Error ? (text.stack ?? text.message) : text}\n`);
  process.exit(1);
}
