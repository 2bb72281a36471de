import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { printTable } from '../print.ts';
import { openLoad } from './load.ts';
import { startServer } from './server-process.ts';

const WARM_UP_MS = 3000;
const DURATION_MS = 6000;
const ROWS = 40;
const PROJECT = join(import.meta.dirname, '..', '..');

interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
  readonly startTime: number;
}

/** Loads the hooks under the CPU profiler and prints which functions the time was spent in themselves. */
export async function profileHooks(requests: readonly Buffer[]): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'elasti-profile-'));
  try {
    const server = await startServer('hooks-server.ts', ['--cpu-prof', `--cpu-prof-dir=${directory}`]);
    const load = await openLoad(server.port, 8);
    await load.run(requests, WARM_UP_MS + DURATION_MS);
    load.close();
    await server.stop();
    const [file] = await readdir(directory);
    const profile = JSON.parse(await readFile(join(directory, file ?? ''), 'utf8')) as CpuProfile;
    printTable('Self time of the hooks under load', [['function', '%'], ...topSelfTimes(profile)]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Functions by their own share of the time in which anything ran, start-up left out. */
function topSelfTimes({ nodes, samples, timeDeltas }: CpuProfile): readonly (readonly [string, string])[] {
  const nameOf = new Map(nodes.map(({ id, callFrame }) => [id, describe(callFrame)]));
  const selfUs = new Map<string, number>();
  const totalUs = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  let elapsedUs = 0;
  for (const [i, sample] of samples.entries()) {
    const deltaUs = timeDeltas[i] ?? 0;
    elapsedUs += deltaUs;
    const name = nameOf.get(sample) ?? '';
    if (totalUs - elapsedUs > DURATION_MS * 1000 || name === '(idle)') continue;
    selfUs.set(name, (selfUs.get(name) ?? 0) + deltaUs);
  }
  const busyUs = [...selfUs.values()].reduce((sum, us) => sum + us, 0);
  return [...selfUs]
    .sort(([, a], [, b]) => b - a)
    .slice(0, ROWS)
    .map(([name, us]) => [name, ((100 * us) / busyUs).toFixed(1)]);
}

function describe({ functionName, url, lineNumber }: CpuProfile['nodes'][number]['callFrame']): string {
  const name = functionName || '(anonymous)';
  if (url === '') return name;
  const path = url.replace(`file://${PROJECT}/`, '');
  return `${name} ${path}:${lineNumber + 1}`;
}
