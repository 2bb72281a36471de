import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { printLine } from './print.ts';

// Runs the benchmarks named on the command line, or all, one after the other, each in a process of its own. What comes
// from the first option on is for them.

const BENCHMARKS = ['sync-throughput', 'wake', 'idle-calls', 'resolver', 'memory', 'scale'];

const words = process.argv.slice(2);
const firstOption = words.findIndex((word) => word.startsWith('-'));
const named = firstOption < 0 ? words : words.slice(0, firstOption);
const options = firstOption < 0 ? [] : words.slice(firstOption);
const unknown = named.filter((name) => !BENCHMARKS.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`there is no benchmark ${unknown.join(', ')}; there are ${BENCHMARKS.join(', ')}\n`);
  process.exit(2);
}

for (const name of named.length > 0 ? named : BENCHMARKS) {
  printLine(`\n# ${name}`);
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const [code] = await once(spawn(process.execPath, [file, ...options], { stdio: 'inherit' }), 'exit');
  // The others may still be of use.
  if (code !== 0) process.exitCode = 1;
}
