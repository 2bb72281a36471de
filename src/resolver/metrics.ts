import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import type { WatchOutcome } from '../watch/list-watch.ts';
import type { WakeOutcome } from './cluster/send-wake.ts';
import type { ResolverEvents } from './events.ts';
import type { ServiceTraffic } from './resolver.ts';

export interface ResolverMetrics {
  /** All metrics in Prometheus' text format. */
  expose(): Promise<{ readonly contentType: string; readonly body: Iterable<Buffer> }>;
  /** Everything that the data path tells about itself. */
  readonly events: ResolverEvents;
  woken(outcome: WakeOutcome): void;
  watchEnded(resource: string, outcome: WatchOutcome): void;
  watchEvent(resource: string): void;
  malformed(resource: string): void;
  kubeCalled(verb: string, resource: string, code: string): void;
  httpAnswered(route: string, status: number): void;
  /** Spans of traces were sent, or given up. */
  spansEnded(outcome: 'sent' | 'dropped', count: number): void;
}

/** What is looked at when somebody asks for the metrics. */
export interface Observed {
  /** Objects held in memory, by what they are. */
  readonly objects: Readonly<Record<string, number>>;
  readonly slicesNamingUs: number;
  readonly listeningPorts: number;
  readonly connections: Readonly<Record<string, ServiceTraffic>>;
}

const ADDED_BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5];
const FIRST_BYTE_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
const HELD_BUCKETS = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900];

/** Creates the metrics. None of them grows with the number of services. */
export function createResolverMetrics(observe: () => Observed, registry = new Registry()): ResolverMetrics {
  const registers = [registry];
  // The default looks at the event loop 100 times a second, however idle it is.
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 });
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter({ name: `elasti_resolver_${name}`, help, labelNames, registers });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge({ name: `elasti_resolver_${name}`, help, labelNames, registers });

  const ended = counter('connections_total', 'Connections by how they ended', 'outcome');
  const released = counter('released_total', 'Connections that reached a pod, by what they speak', 'protocol');
  const bytes = counter('bytes_total', 'Bytes passed on in connections that are over', 'direction');
  const refused = counter('refused_total', 'Connections turned away', 'reason');
  const answered = counter('answered_total', 'Requests answered without a pod', 'kind');
  const dialFailures = counter('dial_failures_total', 'Dials of ready pods that failed', 'code');
  const listenFailures = counter('listen_failures_total', 'Ports that could not be listened on');
  const wakes = counter('wakes_total', 'Wakes by who recorded them', 'outcome');
  const watches = counter('watches_total', 'Lists and watches by how they ended', 'resource', 'outcome');
  const watchEvents = counter('watch_events_total', 'Changes that came by a watch', 'resource');
  const malformed = counter('malformed_total', 'Entries left out because they cannot be read', 'resource');
  const kubeRequests = counter('kube_requests_total', 'Requests to the Kubernetes API', 'verb', 'resource', 'code');
  const httpRequests = counter('http_requests_total', 'HTTP requests answered on the internal port', 'route', 'code');
  const spans = counter('spans_total', 'Spans of traces, by whether the collector got them', 'outcome');
  const added = new Histogram({
    name: 'elasti_resolver_added_seconds',
    help: 'What a connection waited after there was a ready pod',
    buckets: ADDED_BUCKETS,
    labelNames: ['start'],
    registers,
  });
  const held = new Histogram({
    name: 'elasti_resolver_held_seconds',
    help: 'What a connection to a sleeping service waited in all',
    buckets: HELD_BUCKETS,
    registers,
  });
  const podReady = new Histogram({
    name: 'elasti_resolver_pod_ready_seconds',
    help: 'What a connection to a sleeping service waited until there was a ready pod',
    buckets: HELD_BUCKETS,
    registers,
  });
  const firstByte = new Histogram({
    name: 'elasti_resolver_first_byte_seconds',
    help: 'What a pod took to its first byte to a connection that had been held: of an answer, or of a handshake',
    buckets: FIRST_BYTE_BUCKETS,
    registers,
  });
  const objects = gauge('objects', 'Objects held in memory', 'what');
  const listening = gauge('listening_ports', 'Ports that connections are accepted on');
  const naming = gauge('slices', 'Slices that name this pod');
  const open = gauge('open_connections', 'Connections, by whether they have reached a pod', 'state');

  const look = () => {
    const observed = observe();
    for (const [what, count] of Object.entries(observed.objects)) objects.set({ what }, count);
    naming.set(observed.slicesNamingUs);
    listening.set(observed.listeningPorts);
    let isHeld = 0;
    let all = 0;
    for (const service of Object.values(observed.connections)) {
      isHeld += service.held;
      all += service.open;
    }
    open.set({ state: 'held' }, isHeld);
    open.set({ state: 'passed-on' }, all);
  };

  return {
    expose: async () => {
      look();
      return { contentType: registry.contentType, body: [Buffer.from(await registry.metrics())] };
    },
    events: {
      held: () => {},
      left: () => ended.inc({ outcome: 'left' }),
      released: (_claim, { addedSeconds, heldSeconds, protocol }) => {
        released.inc({ protocol });
        added.observe({ start: heldSeconds === undefined ? 'warm' : 'cold' }, addedSeconds);
        if (heldSeconds === undefined) return;
        held.observe(heldSeconds);
        podReady.observe(Math.max(0, heldSeconds - addedSeconds));
      },
      firstByte: (_claim, { seconds }) => firstByte.observe(seconds),
      ended: (_claim, { bytesIn, bytesOut }) => {
        ended.inc({ outcome: 'served' });
        bytes.inc({ direction: 'in' }, bytesIn);
        bytes.inc({ direction: 'out' }, bytesOut);
      },
      refused: (_claim, reason) => {
        ended.inc({ outcome: 'refused' });
        refused.inc({ reason });
      },
      answered: (_claim, { kind }) => answered.inc({ kind }),
      dialFailed: (_claim, code) => dialFailures.inc({ code: /^[A-Z0-9_]{1,40}$/.test(code) ? code : 'other' }),
      wakeEnded: () => {},
      listenFailed: () => listenFailures.inc(),
    },
    woken: (outcome) => wakes.inc({ outcome }),
    watchEnded: (resource, outcome) => watches.inc({ resource, outcome }),
    watchEvent: (resource) => watchEvents.inc({ resource }),
    malformed: (resource) => malformed.inc({ resource }),
    kubeCalled: (verb, resource, code) => kubeRequests.inc({ verb, resource, code }),
    httpAnswered: (route, status) => httpRequests.inc({ route, code: String(status) }),
    spansEnded: (outcome, count) => spans.inc({ outcome }, count),
  };
}
