import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** The modules of Node.js itself that a program of ours has loaded when it finds that it cannot be run with its configuration. */
function loadedBy(main: string): readonly string[] {
  const tell = 'process.on("exit", () => console.log(JSON.stringify(process.moduleLoadList)))';
  const { stdout, stderr } = spawnSync(process.execPath, ['--import', `data:text/javascript,${tell}`, main], {
    encoding: 'utf8',
    env: { LISTEN_ADDRESS: 'nowhere' },
    timeout: 30_000,
  });
  assert.match(stderr, /LISTEN_ADDRESS/);
  return JSON.parse(stdout);
}

for (const main of ['src/main.ts', 'src/resolver/main.ts']) {
  test(`${main} loads Node's HTTP, and not the fetch that comes with it`, () => {
    const loaded = loadedBy(main);
    assert.ok(loaded.includes('NativeModule http'));
    assert.deepEqual(
      loaded.filter((module) => module.includes('undici')),
      [],
    );
  });
}
