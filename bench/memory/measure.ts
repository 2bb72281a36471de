import { setTimeout as sleep } from 'node:timers/promises';
import { createLimiter } from '../../src/triggers/limiter.ts';
import type { HookClient } from './hook-client.ts';
import { WORKERS } from './hook-client.ts';
import type { HookService } from './hook-service.ts';
import type { Member } from './member.ts';

export interface MemoryFigures {
  readonly rssMiB: number;
  /** Without the pages of the program's own file, which RSS counts too. */
  readonly anonymousMiB: number;
  readonly peakMiB: number;
  /** After garbage collection, on the heap and beside it. */
  readonly liveMiB: number;
  /** At rest, scrapes and all. */
  readonly cpuMsPerSync: number;
  /** Calls to the API at rest. */
  readonly callsPerSync: number;
}

/** Until all are what they are meant to be: a child is seen, a port claimed, a resolver seen to listen on it. */
const PASSES = 5;
const POLL_MS = 30_000;
const SCRAPE_MS = 15_000;
const TICK_MS = 50;

/** Syncs all as often as it takes, then at rest: each once in a poll, with a Prometheus that scrapes. */
export async function measure(what: {
  readonly service: HookService;
  readonly hooks: HookClient;
  readonly members: readonly Member[];
  /** Counts calls to the API. */
  readonly calls: () => number;
  readonly seconds: number;
  readonly step: (line: string) => void;
}): Promise<MemoryFigures> {
  const { service, hooks, members, calls, seconds, step } = what;
  const limit = createLimiter(WORKERS);
  for (let pass = 0; pass < PASSES; pass++) {
    const phases: Record<string, number> = {};
    const syncOne = async (member: Member) => {
      const { phase = '' } = (await hooks.sync(member)).status as { phase?: string };
      phases[phase] = (phases[phase] ?? 0) + 1;
    };
    await Promise.all(members.map((member) => limit(() => syncOne(member))));
    step(`  ${members.length} ElastiServices, pass ${pass + 1}: ${JSON.stringify(phases)}`);
  }

  const before = { ...service.usage(), calls: calls() };
  const endsAtMs = performance.now() + seconds * 1000;
  let scrapedAtMs = Number.NEGATIVE_INFINITY;
  let synced = 0;
  for (let due = 0; performance.now() < endsAtMs; await sleep(TICK_MS)) {
    const syncs: Promise<unknown>[] = [];
    for (due += (members.length * TICK_MS) / POLL_MS; due >= 1; due--) {
      syncs.push(hooks.sync(members[synced++ % members.length] as Member));
    }
    await Promise.all(syncs);
    if (performance.now() - scrapedAtMs < SCRAPE_MS) continue;
    scrapedAtMs = performance.now();
    await service.scrape();
  }
  const { rssMiB, anonymousMiB, peakMiB, cpuSeconds } = service.usage();
  const callsPerSync = (calls() - before.calls) / synced;
  const liveMiB = (await service.inspect((inspector) => inspector.liveBytes())) / 1024 ** 2;
  const cpuMsPerSync = (1000 * (cpuSeconds - before.cpuSeconds)) / synced;
  return { rssMiB, anonymousMiB, peakMiB, liveMiB, cpuMsPerSync, callsPerSync };
}
