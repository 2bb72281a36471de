import type { Child } from '../child.ts';
import { printLine, printTable } from '../print.ts';
import { median, quantile, spread } from '../stats.ts';
import { startChild } from './child.ts';
import { askAnew, askKeptAlive, type Window } from './load.ts';

const GOAL = 0.9;
const WINDOW_MS = 1500;
const WARM_UP_MS = 4000;

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
  const { port: podPort } = await pod.ask<{ port: number }>({ listen: 0 });
  const { port: barePort } = await bare.ask<{ port: number }>({ pod: podPort });
  await resolver.ask({ listen: [resolverPort], pod: podPort });

  const loads = [
    { name: 'kept alive, 32 connections', ask: (port: number, ms: number) => askKeptAlive(port, 32, ms) },
    { name: 'a new connection each, 32 at once', ask: (port: number, ms: number) => askAnew(port, 32, ms) },
  ];
  const rows = [];
  for (const { name, ask } of loads) {
    for (const port of [barePort, resolverPort]) await ask(port, WARM_UP_MS);
    const ours: Measured[] = [];
    const theirs: Measured[] = [];
    for (let round = 0; round < rounds; round++) {
      const turns = [
        async () => ours.push(await measure(resolver, () => ask(resolverPort, WINDOW_MS))),
        async () => theirs.push(await measure(bare, () => ask(barePort, WINDOW_MS))),
      ];
      // Each goes first every other time, so that what drifts meets both alike.
      for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
    }
    rows.push(rowOf(name, ours, theirs));
  }
  await Promise.all([pod.stop(), bare.stop(), resolver.stop()]);
  const heads = ['req/s', 'bare', 'ratio', 'middle half', 'p99 ms', 'bare', 'CPU us/req', 'bare', 'CPU ratio'];
  printTable(`through the resolver with a ready pod, ${rounds} x ${WINDOW_MS} ms each`, [['load', ...heads], ...rows]);
  for (const row of rows) {
    printLine(`  ${row[0]}: ratio ${row[3]}; goal >= ${GOAL}: ${Number(row[3]) >= GOAL ? 'met' : 'MISSED'}`);
  }
}

async function measure(proxy: Child, ask: () => Promise<Window>): Promise<Measured> {
  const before = await proxy.ask<{ cpuMs: number }>({});
  const { perSecond, latenciesMs } = await ask();
  const { cpuMs } = await proxy.ask<{ cpuMs: number }>({});
  const cpuUs = ((cpuMs - before.cpuMs) * 1000) / latenciesMs.length;
  return { perSecond, p99Ms: quantile(latenciesMs, 0.99), cpuUs };
}

function rowOf(name: string, ours: readonly Measured[], theirs: readonly Measured[]): readonly (string | number)[] {
  const middle = (list: readonly Measured[], of: keyof Measured) => median(list.map((each) => each[of]));
  const ratios = ours.map(({ perSecond }, i) => perSecond / (theirs[i]?.perSecond ?? Number.NaN));
  return [
    name,
    middle(ours, 'perSecond').toFixed(0),
    middle(theirs, 'perSecond').toFixed(0),
    median(ratios).toFixed(2),
    spread(ratios),
    middle(ours, 'p99Ms').toFixed(1),
    middle(theirs, 'p99Ms').toFixed(1),
    middle(ours, 'cpuUs').toFixed(0),
    middle(theirs, 'cpuUs').toFixed(0),
    median(ours.map(({ cpuUs }, i) => (theirs[i]?.cpuUs ?? Number.NaN) / cpuUs)).toFixed(2),
  ];
}
