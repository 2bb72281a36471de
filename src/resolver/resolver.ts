import type { Socket } from 'node:net';
import type { Clock, Random } from '../effects/ports.ts';
import { createBudget } from './budget.ts';
import type { ColdStartTraces } from './cold-start-traces.ts';
import { noEvents, type ResolverEvents } from './events.ts';
import { Lane, type LaneDeps } from './lane.ts';
import {
  DEFAULT_LIMITS,
  LINGER_MS,
  REPORTED_FOR_MS,
  type ResolverLimits,
  TICK_MS,
  UNCLAIMED_PORT_MS,
} from './limits.ts';
import { listenOn, type PortListener } from './port-listener.ts';
import type { Endpoints, Route, Routes, SendWake } from './ports.ts';
import { Service } from './service.ts';
import { createTicks } from './ticks.ts';
import { createTurns } from './turns.ts';

export interface ResolverDeps {
  readonly routes: Routes;
  readonly endpoints: Endpoints;
  readonly sendWake: SendWake;
  readonly clock: Clock;
  readonly random: Random;
  readonly limits?: Partial<ResolverLimits>;
  readonly events?: ResolverEvents;
  readonly traces?: ColdStartTraces | undefined;
  /** Address to listen on. Default: all. */
  readonly host?: string;
}

/** What passes and waits for one ElastiService. */
export interface ServiceTraffic {
  /** Connections that have reached a pod. */
  readonly open: number;
  /** Connections that wait for one. */
  readonly held: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Absent while no byte has passed. */
  readonly lastByteAgoSeconds?: number;
}

export interface Resolver {
  /** Claimed ports that accept connections now, sorted. */
  listening(): readonly number[];
  /** By the uid of the ElastiService: all with a connection now or a byte in the last 10 minutes, sorted. */
  connections(): Readonly<Record<string, ServiceTraffic>>;
  /** Stops accepting, lets those who wait and those who are connected go on for graceMs, and then ends them. */
  close(graceMs: number): Promise<void>;
}

interface OpenPort {
  readonly lane: Lane;
  readonly listener: PortListener;
  /** While it serves on without its claim: calls off its end. */
  keep?: (() => void) | undefined;
}

/** Holds and passes on the connections of all claimed ports, from now on until it is closed. */
export function createResolver(deps: ResolverDeps): Resolver {
  const { routes, clock, random, sendWake, events = noEvents, host } = deps;
  const limits = { ...DEFAULT_LIMITS, ...deps.limits };
  const services = new Map<string, Service>();
  const ports = new Map<number, OpenPort>();
  /** Those of closed ports, too, until they are over. */
  const lanes = new Set<Lane>();
  const laneDeps: LaneDeps = {
    endpoints: deps.endpoints,
    budget: createBudget(limits),
    limits,
    clock,
    random,
    events,
    traces: deps.traces,
    requestTurns: createTurns(),
    requestTicks: createTicks(clock),
    onOver: (lane) => lanes.delete(lane),
  };

  const serviceOf = (route: Route): Service => {
    const service = services.get(route.uid) ?? new Service(route, { sendWake, clock, random, events });
    services.set(route.uid, service);
    service.claim = route;
    return service;
  };
  const open = (route: Route) => {
    const lane = new Lane(route, serviceOf(route), laneDeps);
    lanes.add(lane);
    const listener = listenOn({
      port: route.resolverPort,
      host,
      onConnection: (client: Socket) => lane.accept(client),
      onError: (error) => events.listenFailed(lane.route, error),
      clock,
    });
    ports.set(route.resolverPort, { lane, listener });
  };
  const close = (port: number, { lane, listener, keep }: OpenPort) => {
    keep?.();
    ports.delete(port);
    listener.close();
    lane.close();
  };
  const retire = (port: number, openPort: OpenPort) => {
    if (openPort.lane.retire()) openPort.keep = clock.after(UNCLAIMED_PORT_MS, () => close(port, openPort));
    else close(port, openPort);
  };
  const apply = () => {
    const wanted = new Map(routes.current().map((route) => [route.resolverPort, route]));
    // First all that go: a port that now belongs to another must not have two listeners.
    for (const [port, openPort] of ports) {
      const route = wanted.get(port);
      if (route && !isSameOwner(openPort.lane.route, route)) close(port, openPort);
      else if (!route && !openPort.keep) retire(port, openPort);
    }
    for (const [port, route] of wanted) {
      const openPort = ports.get(port);
      if (!openPort) open(route);
      else if (openPort.lane.route !== route || openPort.keep) {
        openPort.keep?.();
        openPort.keep = undefined;
        serviceOf(route);
        openPort.lane.update(route);
      }
    }
  };
  const forgetServices = () => {
    const used = new Set([...lanes].map(({ service }) => service));
    for (const [uid, service] of services) if (!used.has(service) && !isActive(service)) services.delete(uid);
  };
  const isActive = ({ open, waiting, lastByteAtMs }: Service) =>
    open > 0 || waiting > 0 || (lastByteAtMs !== undefined && clock.monotonicMs() - lastByteAtMs < REPORTED_FOR_MS);

  const unsubscribe = routes.subscribe(apply);
  apply();
  return {
    listening: () =>
      [...ports]
        .flatMap(([port, { listener, keep }]) => (listener.isListening() && !keep ? [port] : []))
        .sort((a, b) => a - b),
    connections: () => {
      forgetServices();
      const active = [...services].filter(([, service]) => isActive(service));
      return Object.fromEntries(
        active.sort(([a], [b]) => (a < b ? -1 : 1)).map(([uid, service]) => [uid, trafficOf(service, clock)]),
      );
    },
    close: async (graceMs) => {
      unsubscribe();
      for (const [port, openPort] of ports) close(port, openPort);
      const endsAtMs = clock.monotonicMs() + graceMs;
      // Who is told that it was for nothing needs time to read it.
      const refusesAtMs = endsAtMs - Math.min(LINGER_MS, graceMs / 2);
      for (let nowMs = clock.monotonicMs(); lanes.size > 0 && nowMs < endsAtMs; nowMs = clock.monotonicMs()) {
        if (nowMs >= refusesAtMs) for (const lane of lanes) lane.refuseAll();
        await clock.sleep(TICK_MS);
      }
      for (const lane of lanes) lane.destroy();
    },
  };
}

/** The same port of the same service, whatever else changed. */
function isSameOwner(one: Route, other: Route): boolean {
  return one.uid === other.uid && one.port === other.port && one.portName === other.portName;
}

function trafficOf(service: Service, clock: Pick<Clock, 'monotonicMs'>): ServiceTraffic {
  const { open, held, bytesIn, bytesOut, lastByteAtMs } = service;
  const counts = { open, held, bytesIn, bytesOut };
  if (lastByteAtMs === undefined) return counts;
  return { ...counts, lastByteAgoSeconds: Math.round(clock.monotonicMs() - lastByteAtMs) / 1000 };
}
