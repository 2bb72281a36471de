import { execFileSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { printLine } from './print.ts';
import { measureBeside } from './resolver/beside.ts';
import { measureBulk, measureListeners } from './resolver/memory.ts';
import { measureRelease } from './resolver/release.ts';
import { measureThroughput } from './resolver/throughput.ts';

// The resolver's data path: how much it costs when pods are ready, how soon it lets go of those it holds, what it takes.

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '10' }, only: { type: 'string', multiple: true } },
});
const { RESOLVER_BIN } = process.env;
const FIRST_PORT = 12_000;
const GIB = 1024 ** 3;
const wants = (name: string) => values.only?.includes(name) ?? true;

/** File descriptors that a process may have; Node.js takes all that it may. */
const files = Number(execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).replace('unlimited', '1048576'));
// A held connection needs a second descriptor when it is let go, and the process some of its own.
const held = Math.min(10_000, Math.floor((files - 200) / 2));
if (held < 10_000) printLine(`  only ${files} file descriptors: the largest herd is ${held} instead of 10000`);

if (wants('throughput')) await measureThroughput(FIRST_PORT, Number(values.rounds));
if (wants('beside') && RESOLVER_BIN && RESOLVER_BIN !== 'own') await measureBeside(RESOLVER_BIN, Number(values.rounds));
if (wants('release')) await measureRelease(FIRST_PORT, held);
if (wants('listeners')) await measureListeners(FIRST_PORT, Math.min(10_000, files - 200));
if (wants('bulk')) await measureBulk(FIRST_PORT, GIB);
