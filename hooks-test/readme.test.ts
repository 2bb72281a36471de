import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const ROWS = 37;
const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8');
const rows = [...readme.matchAll(/^\| (\d+) \| [^|]+ \| (.+) \|$/gm)].map(([, number, tests]) => ({
  number: Number(number),
  tests: [...(tests ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string),
}));

/** A golden by its folder, or `file: name` of a test. */
function isThere(named: string): boolean {
  const at = named.indexOf(': ');
  if (at < 0) return existsSync(new URL(`${named}/request.json`, import.meta.url));
  const file = new URL(`../${named.slice(0, at)}`, import.meta.url);
  // The name as its first argument: another test that only mentions it is not it.
  return existsSync(file) && readFileSync(file, 'utf8').includes(`('${named.slice(at + 2)}',`);
}

test('the table has every row once, each with a test', () => {
  assert.deepEqual(
    rows.map(({ number }) => number),
    Array.from({ length: ROWS }, (_, i) => i + 1),
  );
  assert.deepEqual(
    rows.filter(({ tests }) => tests.length === 0),
    [],
  );
});

test('every test that the table names exists', () => {
  const missing = rows.flatMap(({ number, tests }) =>
    tests.filter((named) => !isThere(named)).map((named) => `${number}: ${named}`),
  );
  assert.deepEqual(missing, []);
});
