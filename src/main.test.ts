import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

test('V8 has the flag that main sets: one that it does not know would go unnoticed', () => {
  const { status, stderr } = spawnSync(process.execPath, ['--memory-saver-mode', '--eval', ''], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
});
