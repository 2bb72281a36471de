#!/usr/bin/env node
import { systemClock as clock, systemRandom as random } from '../system.ts';
import { runCli } from './program.ts';

// Whoever reads us may stop reading, as head does.
process.stdout.on('error', () => process.exit());

process.exitCode = await runCli(process.argv.slice(2), {
  clock,
  random,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
});
