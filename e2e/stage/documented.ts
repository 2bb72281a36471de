import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../cluster/shell.ts';

interface Commands {
  /** From the root of the repository. */
  readonly page: string;
  readonly heading: string;
  /** Which block of commands below the heading, from 0. */
  readonly index?: number;
  /** What cannot be done here as it stands there. */
  readonly change?: (commands: string) => string;
}

/** Runs commands of a page as somebody would who has only that. */
export async function runDocumented({ page, heading, index = 0, change = (text) => text }: Commands): Promise<void> {
  const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8');
  const [, below = ''] = text.split(`## ${heading}\n`);
  const blocks = [...below.matchAll(/^```sh\n([\s\S]*?)^```/gm)];
  const commands = blocks[index]?.[1] ?? assert.fail(`no commands ${index} below ${heading} of ${page}`);
  await run('bash', ['-euo', 'pipefail', '-c', change(commands)]);
}
