import type { Target } from '../../src/api/kubernetes.ts';
import { createEffects } from '../../src/effects/create-effects.ts';
import type { Clock, Cluster } from '../../src/effects/ports.ts';
import { createHooksApp } from '../../src/http/app-hooks.ts';
import { createGate } from '../../src/http/gate.ts';
import { listen } from '../../src/http/listen.ts';
import { systemRandom as random, systemClock } from '../../src/system.ts';
import { countAnswer } from '../../src/telemetry/count-answer.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';
import { createTriggers } from '../../src/triggers/triggers.ts';
import { cpuNow, serveParent } from '../child.ts';
import { now, readBodies, settings } from './bodies.ts';
import { TOKEN } from './token.ts';

// The hooks as main builds them, but for what is outside of the process: the API server and Prometheus answer from
// memory, and the wall clock stands still at the moment of the recording.

const bodies = readBodies();
const clock: Clock = { ...systemClock, now: () => now };
const { monotonicMs } = clock;
const log = createLogger({ level: 'warn', secrets: [] });
const metrics = createMetrics({ monotonicMs });
const cluster = createFakeCluster();
const triggers = createTriggers({
  clock,
  send: async ({ url }) => {
    const query = new URL(url).searchParams.get('query');
    const value = bodies.find((body) => body.query === query)?.triggerValue;
    return { status: 200, body: `{"status":"success","data":{"resultType":"scalar","result":[0,"${value}"]}}` };
  },
  readSecretKey: cluster.readSecretKey,
  settings: {
    defaultServerAddress: 'http://prometheus.monitoring:9090',
    defaultAuthorization: undefined,
    allowedServers: ['*'],
    allowLoopback: false,
    pollSeconds: settings.pollSeconds,
  },
});
const { answers } = createEffects({
  cluster,
  clock,
  random,
  log,
  triggers,
  settings,
  onScaled: metrics.scaled,
  onAnswered: (answer) => countAnswer(metrics, answer),
});
const app = createHooksApp({
  ...answers,
  tokens: () => [TOKEN],
  gate: createGate({ maxInFlight: 200, random: random.next }),
  monotonicMs,
  onRequest: (route, code) => metrics.httpAnswered(route, code),
  log,
  report: (error) => log.error({ err: error }, 'a bug'),
});
const { port } = await listen(app, { host: '127.0.0.1', port: 0 });
serveParent(cpuNow, { port });

function createFakeCluster(): Cluster {
  const replicasOf = new Map(bodies.map(({ target, replicas }) => [target, replicas]));
  const unexpected = () => Promise.reject(new Error('the recorded bodies do not need this call'));
  return {
    readScale: async ({ namespace, name }: Target) => ({
      replicas: replicasOf.get(`${namespace}/${name}`) ?? 0,
      resourceVersion: '1',
    }),
    createEvent: async () => undefined,
    writeScale: unexpected,
    readElastiService: unexpected,
    listElastiServices: unexpected,
    writeWakeToken: unexpected,
    listSlices: unexpected,
    readScaledObject: unexpected,
    annotateScaledObject: unexpected,
    readSecretKey: unexpected,
    ping: unexpected,
  };
}
