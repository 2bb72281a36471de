import { createResolver } from '../../src/resolver/resolver.ts';
import { createModelEndpoints, createModelRoutes, makeRoute } from '../../src/resolver/testing/models.ts';
import { systemClock, systemRandom } from '../../src/system.ts';
import { cpuNow, serveParent } from '../child.ts';
import { rssAfterGc } from './child.ts';
import { machineMs } from './clock.ts';

// The resolver's data path as it is deployed; claims, endpoints and wakes come from memory.

interface Question {
  /** One service each. */
  readonly listen?: readonly number[];
  /** Port of the pod that is ready for all services, or none. */
  readonly pod?: number | null;
  readonly memory?: true;
}

/** What it answers, whatever was asked. */
export interface Answer {
  readonly held: number;
  /** When the pod became ready, by the clock of the machine. */
  readonly readyAtMs: number;
  readonly cpuMs: number;
  readonly rss: number;
}

const routes = createModelRoutes([]);
const endpoints = createModelEndpoints();
let readyAtMs = 0;
const resolver = createResolver({
  routes,
  endpoints,
  sendWake: async () => {},
  clock: systemClock,
  random: systemRandom,
  limits: { maxHeldConnections: 40_000 },
  host: '127.0.0.1',
});

serveParent(async ({ listen, pod, memory }: Question): Promise<Answer> => {
  if (listen) {
    routes.set(listen.map((port, i) => makeRoute(`service-${i}`, port, { maxHeldConnections: 20_000 })));
    while (resolver.listening().length < listen.length) await systemClock.sleep(5);
  }
  if (pod !== undefined) {
    readyAtMs = machineMs();
    const pods = pod === null ? [] : [{ address: '127.0.0.1', port: pod }];
    for (const route of routes.current()) endpoints.set(route, ...pods);
  }
  const held = Object.values(resolver.connections()).reduce((sum, each) => sum + each.held, 0);
  return { held, readyAtMs, ...cpuNow(), rss: memory ? rssAfterGc() : process.memoryUsage.rss() };
});
