import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../e2e/cluster/wait.ts';
import { type Usage, usageOf } from '../usage.ts';
import { type Call, CLIENTS, type Client, countCalls, isSync } from './audit-tail.ts';
import { type BenchWorld, SERVER_PORT } from './bench-world.ts';
import { pidOf } from './server-process.ts';

const QUIET_MS = 3000;
/** With ten thousand ElastiServices it takes minutes until the last difference is told, and until one has its turn. */
export const PATIENCE_MS = 900_000;
/** As Prometheus does by default. */
const SCRAPE_MS = 15_000;

export interface IdleFigures {
  readonly seconds: number;
  readonly syncsPerSecond: number;
  readonly clients: Readonly<
    Record<Client, { readonly cpuPercent: number; readonly calls: Readonly<Record<string, number>> }>
  >;
}

/** Waits until none of the three has written anything for a while. */
export async function untilQuiet({ audit }: BenchWorld): Promise<void> {
  const window = audit.begin();
  const startedAtMs = Date.now();
  const isQuiet = async () => {
    const lastWrite = (await window.read()).findLast(({ isWrite }) => isWrite);
    return Date.now() - (lastWrite?.atMs ?? startedAtMs) > QUIET_MS;
  };
  await until('some seconds without a write', isQuiet, { timeoutMs: PATIENCE_MS, everyMs: 500 });
}

/** What is done while nothing happens, for so long; metrics are scraped meanwhile. */
export async function measureIdle(world: BenchWorld, seconds: number): Promise<IdleFigures> {
  await untilQuiet(world);
  const usage = (): Record<Client, Usage> => ({
    'hook service': world.hookService.usage(),
    resolver: world.resolver.usage(),
    Metacontroller: usageOf(pidOf(world.layout, 'metacontroller')),
  });
  const window = world.audit.begin();
  const before = usage();
  const startedAtMs = performance.now();
  const stopping = new AbortController();
  const scraping = scrape(stopping.signal);
  await sleep(seconds * 1000);
  stopping.abort();
  await scraping;
  const after = usage();
  const tookSeconds = (performance.now() - startedAtMs) / 1000;
  const calls = await window.read();
  const of = (client: Client) => ({
    cpuPercent: (100 * (after[client].cpuSeconds - before[client].cpuSeconds)) / tookSeconds,
    calls: countCalls(calls, client),
  });
  return {
    seconds: tookSeconds,
    syncsPerSecond: calls.filter(isSync).length / tookSeconds,
    clients: { 'hook service': of('hook service'), resolver: of('resolver'), Metacontroller: of('Metacontroller') },
  };
}

async function scrape(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await (await fetch(`http://127.0.0.1:${SERVER_PORT}/metrics`)).text();
    await sleep(SCRAPE_MS, undefined, { signal }).catch(() => {});
  }
}

export const clientNames = Object.keys(CLIENTS) as readonly Client[];
export const writesOf = (calls: readonly Call[]): number => calls.filter(({ isWrite }) => isWrite).length;
