import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const IMPURE =
  /Date\.now|new Date\(\)|\bprocess\.\w|Math\.random|console\.|\bawait\b|\basync\b|setTimeout|from '(?!\.|croner'|zod'|node:crypto')/;

test('nothing in core does I/O, waits, or reads a clock, the environment or chance', () => {
  const files = globSync('**/*.ts', { cwd: import.meta.dirname }).filter(
    (f) => !f.includes('.test.') && !f.startsWith('testing/'),
  );
  assert.ok(files.length > 20);
  for (const file of files) {
    const impure = IMPURE.exec(readFileSync(`${import.meta.dirname}/${file}`, 'utf8'))?.[0];
    assert.equal(impure, undefined, `${file} has ${impure}`);
  }
});

test('core imports nothing but itself and the contracts', () => {
  for (const file of globSync('**/*.ts', { cwd: import.meta.dirname }).filter((f) => !/test|testing/.test(f))) {
    const source = readFileSync(`${import.meta.dirname}/${file}`, 'utf8');
    for (const [, room] of source.matchAll(/from '(?:\.\.\/)+(\w+)\//g))
      assert.equal(room, 'api', `${file} imports ${room}`);
  }
});
