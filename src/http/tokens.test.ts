import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createTokens } from './tokens.ts';

function setup(t: TestContext, content: string) {
  const folder = mkdtempSync(join(tmpdir(), 'tokens-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'token');
  writeFileSync(file, content);
  const clock = { ms: 0 };
  const unreadable: unknown[] = [];
  const create = () =>
    createTokens({
      token: undefined,
      file,
      monotonicMs: () => clock.ms,
      onUnreadable: (error) => unreadable.push(error),
    });
  return { file, clock, unreadable, create };
}

test('without token and file nothing is asked for', () => {
  const options = {
    token: undefined,
    file: undefined,
    monotonicMs: () => 0,
    onUnreadable: () => assert.fail('nothing is read'),
  };
  assert.deepEqual(createTokens(options)(), []);
  assert.deepEqual(createTokens({ ...options, token: 'a' })(), ['a']);
});

test('every line of the file is a token, and a rotated file counts after 10 s, not before', (t) => {
  const { file, clock, create } = setup(t, 'old\n\n  new \n');
  const tokens = create();
  assert.deepEqual(tokens(), ['old', 'new']);
  writeFileSync(file, 'new\n');
  clock.ms = 9_999;
  assert.deepEqual(tokens(), ['old', 'new']);
  clock.ms = 10_000;
  assert.deepEqual(tokens(), ['new']);
});

test('a file that becomes empty or unreadable never opens the hooks to everybody', (t) => {
  const { file, clock, unreadable, create } = setup(t, 'secret');
  const tokens = create();
  writeFileSync(file, '\n');
  clock.ms = 20_000;
  assert.deepEqual(tokens(), ['secret']);
  rmSync(file);
  clock.ms = 40_000;
  assert.deepEqual(tokens(), ['secret']);
  assert.equal(unreadable.length, 2);
});

test('an empty file stops the start', (t) => {
  const { create } = setup(t, '\n');
  assert.throws(create, { code: 'CONFIG' });
});
