import { setTimeout as sleep } from 'node:timers/promises';
import { type Usage, usageOf } from '../usage.ts';
import type { BenchWorld } from './bench-world.ts';
import type { Inspector } from './inspector.ts';
import { pidOf } from './server-process.ts';

export interface MemoryFigures {
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
const LIVE_SAMPLES = 4;
const SAMPLE_EVERY_MS = 250;

/** What the three take: first as they are, then what of it lives once nothing is asked any more. */
export async function measureMemory(world: BenchWorld): Promise<AllMemory> {
  const metacontroller = pidOf(world.layout, 'metacontroller');
  const usages = [world.hookService.usage(), world.resolver.usage(), usageOf(metacontroller)] as const;
  const [ofHookService, ofResolver, ofMetacontroller] = usages;
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

function memoryOf({ rssMiB, peakMiB }: Usage, liveBytes?: number): MemoryFigures {
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
