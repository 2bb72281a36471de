import { printLine, printTable } from '../print.ts';
import { median, quantile, spread } from '../stats.ts';
import { startChild } from './child.ts';
import { ask, type Load } from './load.ts';
import type { Answer as Pod } from './pod.ts';
import type { Answer } from './resolver-process.ts';

const GOAL = 0.9;
const WINDOW_MS = 1500;
const WARM_UP_MS = 4000;

const LOADS = [
  { name: 'kept alive, 32 connections', atOnce: 32, keepsAlive: true },
  { name: 'a new connection each, 32 at once', atOnce: 32, keepsAlive: false },
];

/** A proxy that a pod is ready behind. */
export interface Proxy extends Pick<Load, 'port' | 'host'> {
  /** CPU time that it has used. */
  cpuMs(): Promise<number>;
}

interface Measured {
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly cpuUs: number;
}

/** Requests a second through the resolver with a ready pod, beside those through a bare proxy, in turns. */
export async function measureThroughput(resolverPort: number, rounds: number): Promise<void> {
  const [pod, bare, resolver] = await Promise.all([
    startChild('pod.ts'),
    startChild('bare-proxy.ts'),
    startChild('resolver-process.ts'),
  ]);
  const { port: podPort } = await pod.ask<Pod>({ listen: 0 });
  const { port: barePort } = await bare.ask<{ port: number }>({ pod: podPort });
  await resolver.ask({ listen: [resolverPort], pod: podPort });
  const ours = { port: resolverPort, host: 'web', cpuMs: async () => (await resolver.ask<Answer>({})).cpuMs };
  const other = { port: barePort, host: 'web', cpuMs: async () => (await bare.ask<{ cpuMs: number }>({})).cpuMs };
  await compareThroughput({ ours, other, name: 'bare', goal: GOAL, rounds });
  await Promise.all([pod.stop(), bare.stop(), resolver.stop()]);
}

/** The same loads through two proxies, in turns; `goal`: what the ratio of requests a second should be at least. */
export async function compareThroughput(options: {
  readonly ours: Proxy;
  readonly other: Proxy;
  /** What the other one is called. */
  readonly name: string;
  readonly goal: number;
  readonly rounds: number;
}): Promise<void> {
  const { ours, other, name, goal, rounds } = options;
  const rows = [];
  for (const load of LOADS) {
    for (const { port, host } of [other, ours]) await ask({ ...load, port, host }, WARM_UP_MS);
    const oursMeasured: Measured[] = [];
    const otherMeasured: Measured[] = [];
    for (let round = 0; round < rounds; round++) {
      const turns = [
        async () => oursMeasured.push(await measure(ours, load)),
        async () => otherMeasured.push(await measure(other, load)),
      ];
      // Each goes first every other time, so that what drifts meets both alike.
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
    }
    rows.push(rowOf(load.name, oursMeasured, otherMeasured));
  }
  const heads = ['req/s', name, 'ratio', 'middle half', 'p99 ms', name, 'CPU us/req', name, 'CPU ratio'];
  printTable(`through the resolver with a ready pod, ${rounds} x ${WINDOW_MS} ms each`, [['load', ...heads], ...rows]);
  for (const row of rows) {
    printLine(`  ${row[0]}: ratio ${row[3]}; goal >= ${goal}: ${Number(row[3]) >= goal ? 'met' : 'MISSED'}`);
  }
}

async function measure({ port, host, cpuMs }: Proxy, load: (typeof LOADS)[number]): Promise<Measured> {
  const beforeMs = await cpuMs();
  const { perSecond, latenciesMs } = await ask({ ...load, port, host }, WINDOW_MS);
  const cpuUs = (((await cpuMs()) - beforeMs) * 1000) / latenciesMs.length;
  return { perSecond, p99Ms: quantile(latenciesMs, 0.99), cpuUs };
}

function rowOf(name: string, ours: readonly Measured[], other: readonly Measured[]): readonly (string | number)[] {
  const middle = (list: readonly Measured[], of: keyof Measured) => median(list.map((each) => each[of]));
  const ratios = ours.map(({ perSecond }, i) => perSecond / (other[i]?.perSecond ?? Number.NaN));
  return [
    name,
    middle(ours, 'perSecond').toFixed(0),
    middle(other, 'perSecond').toFixed(0),
    median(ratios).toFixed(2),
    spread(ratios),
    middle(ours, 'p99Ms').toFixed(1),
    middle(other, 'p99Ms').toFixed(1),
    middle(ours, 'cpuUs').toFixed(0),
    middle(other, 'cpuUs').toFixed(0),
    median(ours.map(({ cpuUs }, i) => (other[i]?.cpuUs ?? Number.NaN) / cpuUs)).toFixed(2),
  ];
}
