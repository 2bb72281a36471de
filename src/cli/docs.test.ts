import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { KEEP_AWAKE_ANNOTATION, SLEEP_ANNOTATION } from '../api/elastiservice.ts';
import { EXIT } from './cli-error.ts';
import { run } from './testing/fake-cluster.ts';

const docs = readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8');
const helpOf = async (...args: string[]) => (await run([...args, '--help'], {})).out;

test('docs/cli.md names every command and option that there is, and none besides', async () => {
  const commands = [...(await helpOf()).matchAll(/^ {2}([a-z-]+) .*$/gm)].map(([, name]) => name as string);
  assert.ok(commands.length >= 8, commands.join());
  const options = new Set(['--version']);
  for (const command of commands) {
    assert.match(docs, new RegExp(`(elasti ${command}\\b|^## .*\\b${command}\\b)`, 'm'), command);
    for (const [, option] of (await helpOf(command)).matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm))
      options.add(option as string);
  }
  const named = new Set([...docs.matchAll(/(?<![-\w])--[a-z][a-z-]*/g)].map(([option]) => option));
  const untold = [...options].filter(
    (option) => !named.has(option) && !['--help', '--version', '--all-namespaces'].includes(option),
  );
  assert.deepEqual(untold, []);
  // That of kubectl, which the text speaks of.
  assert.deepEqual(
    [...named].filter((option) => !options.has(option)),
    ['--replicas'],
  );
});

test('docs/cli.md has the exit codes that there are, and the annotations', () => {
  const codes = [...docs.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  assert.deepEqual(codes, Object.values(EXIT));
  for (const annotation of [KEEP_AWAKE_ANNOTATION, SLEEP_ANNOTATION]) assert.ok(docs.includes(annotation), annotation);
});
