#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { systemClock as clock, systemRandom as random } from '../system.ts';
import { runCli } from './program.ts';

const Package = z.object({ version: z.string() });

// Whoever reads us may stop reading, as head does.
process.stdout.on('error', () => process.exit());

process.exitCode = await runCli(process.argv.slice(2), {
  clock,
  random,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
  version: Package.parse(JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))).version,
});
