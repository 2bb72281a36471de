import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { setImmediate as macrotask } from 'node:timers/promises';
import type { Clock } from '../../effects/ports.ts';
import { systemClock, systemRandom } from '../../system.ts';
import type { ColdStartTraces } from '../cold-start-traces.ts';
import { noEvents, type ResolverEvents } from '../events.ts';
import type { ResolverLimits } from '../limits.ts';
import type { PodEndpoint, Route, SendWake } from '../ports.ts';
import { createResolver, type Resolver } from '../resolver.ts';
import { createModelEndpoints, createModelRoutes } from './models.ts';

export const HOST = '127.0.0.1';

/** A resolver with real sockets in a world that a test moves by hand. */
export interface World {
  readonly resolver: Resolver;
  /** Claims held in the order of the calls, one entry a wake. */
  readonly wakes: { readonly service: string; readonly held: number }[];
  /** What the resolver told, as `name:detail`. */
  readonly told: string[];
  setRoutes(routes: readonly Route[]): void;
  /** Makes pods ready, or none, behind the private Service of a route. */
  setPods(route: Route, ...pods: readonly PodEndpoint[]): void;
}

export interface WorldOptions {
  readonly routes: readonly Route[];
  readonly clock?: Clock;
  readonly limits?: Partial<ResolverLimits>;
  readonly sendWake?: SendWake;
  readonly traces?: ColdStartTraces;
  readonly events?: Partial<ResolverEvents>;
}

/** Starts a resolver on loopback that ends with the test. */
export async function startWorld(t: Pick<TestContext, 'after'>, options: WorldOptions): Promise<World> {
  const routes = createModelRoutes(options.routes);
  const endpoints = createModelEndpoints();
  const wakes: { service: string; held: number }[] = [];
  const told: string[] = [];
  const resolver = createResolver({
    routes,
    endpoints,
    sendWake: async (claim, held, cause) => {
      wakes.push({ service: claim.service, held });
      await options.sendWake?.(claim, held, cause);
    },
    traces: options.traces,
    clock: options.clock ?? systemClock,
    random: systemRandom,
    ...(options.limits ? { limits: options.limits } : {}),
    events: { ...recordEvents(told), ...options.events },
    host: HOST,
  });
  t.after(() => resolver.close(0));
  await until(() => resolver.listening().length === options.routes.length);
  return { resolver, wakes, told, setRoutes: routes.set, setPods: endpoints.set };
}

function recordEvents(told: string[]): ResolverEvents {
  return {
    ...noEvents,
    held: () => told.push('held'),
    left: () => told.push('left'),
    released: (_claim, { protocol }) => told.push(`released:${protocol}`),
    firstByte: (_claim, { seconds }) => told.push(`firstByte:${seconds}`),
    ended: () => told.push('ended'),
    refused: (_claim, reason) => told.push(`refused:${reason}`),
    answered: (_claim, { kind, status }) => told.push(`answered:${kind}:${status}`),
    dialFailed: (_claim, code) => told.push(`dialFailed:${code}`),
    wakeEnded: (_claim, { isSent }) => told.push(`wakeEnded:${isSent}`),
  };
}

/** Starts a pod: a server on loopback that ends, with its connections, when the test does. */
export async function startPod(
  t: Pick<TestContext, 'after'>,
  server: Pick<Server, 'listen' | 'address' | 'close' | 'on'>,
  port = 0,
): Promise<PodEndpoint> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(port, HOST);
  await once(server as Server, 'listening');
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { address: HOST, port: (server.address() as AddressInfo).port };
}

/** Far more than anything here takes, so that a test that waits in vain ends. */
const MAX_WAIT_MS = 20_000;

/** Resolves when the condition holds. */
export async function until(condition: () => boolean): Promise<void> {
  const endsAtMs = performance.now() + MAX_WAIT_MS;
  while (!condition()) {
    if (performance.now() > endsAtMs) throw new Error(`waited in vain until ${condition}`);
    await macrotask();
  }
}
