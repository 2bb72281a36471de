import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '../../child.ts';
import { printTable } from '../../print.ts';
import { quantile } from '../../stats.ts';
import type { Answers } from '../herd.ts';
import type { Answer as Pod } from '../pod.ts';
import type { Answer as Cluster } from './cluster-process.ts';

export interface Resolver {
  readonly name: string;
  portOf(service: string): number;
  /** What clients of the Service say in their Host header. */
  hostOf(service: string): string;
}

interface Peers {
  readonly pod: Child;
  readonly herd: Child;
  readonly cluster: Child;
  /** Each is used once. */
  readonly services: readonly string[];
  readonly podPort: number;
}

const HERDS = [
  { held: 1, rounds: 8 },
  { held: 100, rounds: 3 },
  { held: 1000, rounds: 1 },
];
/** KubeElasti's looks every so often: pods become ready at all points of that, one after the other. */
const GRID_MS = 3000;
const HELD_MS = 1000;
const ANSWERS_MS = 120_000;

/** From the slice that shows a ready pod to the request at the pod, and what was lost, resolver by resolver in turns. */
export async function measureReleases(resolvers: readonly Resolver[], peers: Peers): Promise<void> {
  const left = [...peers.services];
  const rows: string[][] = [];
  for (const { held, rounds } of HERDS) {
    const found = resolvers.map(({ name }) => ({ name, reachedMs: [] as number[], lastMs: [] as number[], lost: 0 }));
    for (let round = 0; round < rounds; round++) {
      const phaseMs = ((round + 0.5) / rounds) * GRID_MS;
      for (const [i, resolver] of resolvers.entries()) {
        const { reachedMs, lost } = await releaseOnce(resolver, peers, { service: left.shift() ?? '', held, phaseMs });
        found[i]?.reachedMs.push(...reachedMs);
        found[i]?.lastMs.push(Math.max(...reachedMs));
        (found[i] as { lost: number }).lost += lost;
      }
    }
    for (const { name, reachedMs, lastMs, lost } of found) {
      const quantiles = [0.5, 0.95, 0.99].map((q) => quantile(reachedMs, q).toFixed(1)).join(' / ');
      rows.push([`${held}, ${rounds} times`, name, quantiles, Math.max(...lastMs).toFixed(0), String(lost)]);
    }
  }
  printTable('from a pod that is ready to the request that it has, in ms', [
    ['held', 'resolver', 'p50 / p95 / p99', 'the last', 'lost'],
    ...rows,
  ]);
}

async function releaseOnce(
  { portOf, hostOf }: Resolver,
  { pod, herd, cluster, podPort }: Peers,
  { service, held, phaseMs }: { readonly service: string; readonly held: number; readonly phaseMs: number },
): Promise<{ readonly reachedMs: readonly number[]; readonly lost: number }> {
  await herd.ask({ ports: [portOf(service)], each: held, host: hostOf(service) });
  await sleep(HELD_MS + phaseMs);
  await pod.ask({ notes: true });
  const { atMs } = await cluster.ask<Cluster>({ ready: { service, port: podPort } });
  const { lost } = await herd.ask<Answers>({ answersMs: ANSWERS_MS });
  const { readAtMs } = await pod.ask<Pod>({});
  return { reachedMs: readAtMs.map((readMs) => readMs - atMs), lost };
}
