import { hash } from 'node:crypto';
import { appendFileSync, existsSync, globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CAUSES, type Cause } from './ledger.ts';
import type { Tally } from './task.ts';

/** What came of the seeds of many runs: a run that was broken off, or a further one, goes on where the last one ended. */
export interface Journal {
  /** Of this very code and these options, by seed. */
  readonly tallies: ReadonlyMap<number, Tally>;
  add(tally: Tally): void;
}

const Line = z.object({
  code: z.string(),
  options: z.string(),
  seed: z.int(),
  cycles: z.int(),
  sent: z.int(),
  served: z.int(),
  losses: z.array(z.tuple([z.enum(Object.keys(CAUSES) as [Cause, ...Cause[]]), z.int()])),
  violations: z.array(z.string()),
});

/** Opens a file of one JSON object a line. Lines about other code or options stay, and count for nothing. */
export function openJournal(
  file: string,
  { code, options }: { readonly code: string; readonly options: string },
): Journal {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const tallies = new Map<number, Tally>();
  for (const text of before.split('\n')) {
    const { data: line } = Line.safeParse(parseJson(text));
    if (line?.code === code && line.options === options) tallies.set(line.seed, line);
  }
  // A run that was killed may have left half a line.
  if (before !== '' && !before.endsWith('\n')) appendFileSync(file, '\n');
  return {
    tallies,
    add: (tally) => {
      tallies.set(tally.seed, tally);
      appendFileSync(file, `${JSON.stringify({ code, options, ...tally })}\n`);
    },
  };
}

/** Hash of all code that a seed's meaning depends on, whether it is committed or not. */
export function hashCode(root: string): string {
  const files = globSync('{src,simulation}/**/*.ts', { cwd: root }).filter((file) => !file.endsWith('.test.ts'));
  const hashes = files.sort().map((file) => `${file} ${hash('sha256', readFileSync(join(root, file)))}`);
  return hash('sha256', hashes.join('\n')).slice(0, 12);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
