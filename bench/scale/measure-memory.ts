import { usageOf } from '../usage.ts';
import type { BenchWorld } from './bench-world.ts';
import { pidOf, type ServerProcess } from './server-process.ts';

export interface MemoryFigures {
  readonly rssMiB: number;
  readonly peakMiB: number;
  /** After garbage collection; of Node.js processes only. */
  readonly liveMiB?: number;
}

export interface AllMemory {
  readonly 'hook service': MemoryFigures;
  readonly resolver: MemoryFigures;
  readonly Metacontroller: MemoryFigures;
}

/** What the three take: first as they are, then what of it lives. */
export async function measureMemory(world: BenchWorld): Promise<AllMemory> {
  const of = async (server: ServerProcess): Promise<MemoryFigures> => {
    const { rssMiB, peakMiB } = server.usage();
    const liveBytes = await server.inspect((inspector) => inspector.liveBytes());
    return { rssMiB, peakMiB, liveMiB: liveBytes / 1024 ** 2 };
  };
  const { rssMiB, peakMiB } = usageOf(pidOf(world.layout, 'metacontroller'));
  return {
    'hook service': await of(world.hookService),
    resolver: await of(world.resolver),
    Metacontroller: { rssMiB, peakMiB },
  };
}
