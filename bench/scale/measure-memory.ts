import { setTimeout as sleep } from 'node:timers/promises';
import { median } from '../stats.ts';
import { type Usage, usageOf } from '../usage.ts';
import type { BenchWorld } from './bench-world.ts';
import type { Inspector } from './inspector.ts';
import { pidOf } from './server-process.ts';

export interface MemoryFigures {
  /** The median of some seconds: collections make it rise and fall by a tenth. */
  readonly rssMiB: number;
  readonly peakMiB: number;
  /** Data after garbage collection; of Node.js processes only. */
  readonly liveMiB?: number;
}

export interface AllMemory {
  readonly 'hook service': MemoryFigures;
  readonly resolver: MemoryFigures;
  readonly Metacontroller: MemoryFigures;
}

const IN_FLIGHT_MS = 2000;
const RSS_SAMPLES = 40;
const LIVE_SAMPLES = 4;
const SAMPLE_EVERY_MS = 250;

/** What the three take: first as they are, for some seconds, then what of it lives once nothing is asked any more. */
export async function measureMemory(world: BenchWorld): Promise<AllMemory> {
  const metacontroller = pidOf(world.layout, 'metacontroller');
  const [ofHookService, ofResolver, ofMetacontroller] = await Promise.all([
    sampleUsage(world.hookService.usage),
    sampleUsage(world.resolver.usage),
    sampleUsage(() => usageOf(metacontroller)),
  ]);
  process.kill(metacontroller, 'SIGSTOP');
  try {
    await sleep(IN_FLIGHT_MS);
    return {
      'hook service': memoryOf(ofHookService, await world.hookService.inspect(leastLiveBytes)),
      resolver: memoryOf(ofResolver, await world.resolver.inspect(leastLiveBytes)),
      Metacontroller: memoryOf(ofMetacontroller),
    };
  } finally {
    process.kill(metacontroller, 'SIGCONT');
  }
}

async function sampleUsage(usage: () => Usage): Promise<MemoryFigures> {
  const samples: Usage[] = [];
  while (samples.length < RSS_SAMPLES) {
    samples.push(usage());
    await sleep(SAMPLE_EVERY_MS);
  }
  return {
    rssMiB: median(samples.map(({ rssMiB }) => rssMiB)),
    peakMiB: Math.max(...samples.map((each) => each.peakMiB)),
  };
}

function memoryOf({ rssMiB, peakMiB }: MemoryFigures, liveBytes?: number): MemoryFigures {
  return { rssMiB, peakMiB, ...(liveBytes === undefined ? {} : { liveMiB: liveBytes / 1024 ** 2 }) };
}

/** The least of several looks: a timer of its own may have something going on in one. */
async function leastLiveBytes(inspector: Inspector): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let sample = 0; sample < LIVE_SAMPLES; sample++) {
    least = Math.min(least, await inspector.liveBytes());
    await sleep(SAMPLE_EVERY_MS);
  }
  return least;
}
