import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { startFakeCluster } from './testing/fake-cluster.ts';
import { elastiService, elastiServices, SCALE_PATH, scale } from './testing/objects.ts';

// The built CLI as a process, under both of its names.

const ROOT = new URL('../../', import.meta.url).pathname;
const { bin, version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
let directory: string;

before(() => {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  directory = mkdtempSync(join(ROOT, '.cache/cli-'));
  copyFileSync(join(ROOT, 'package.json'), join(directory, 'package.json'));
  const tsc = join(ROOT, 'node_modules/.bin/tsc');
  execFileSync(tsc, ['-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(directory, 'dist')]);
  for (const [name, path] of Object.entries<string>(bin)) {
    // As npm does it.
    chmodSync(join(directory, path), 0o755);
    symlinkSync(join(directory, path), join(directory, name));
  }
});
after(() => rmSync(directory, { recursive: true, force: true }));

const ended = async (name: string, ...args: string[]) => {
  try {
    const { stdout, stderr } = await promisify(execFile)(join(directory, name), args);
    return { code: 0, out: stdout, err: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, err: stderr };
  }
};

test('it looks into a cluster, and ends', async (t) => {
  const objects = { ...elastiServices(elastiService()), [SCALE_PATH]: scale(2) };
  const { kubeconfig } = await startFakeCluster(t, objects);
  const { code, out, err } = await ended('elasti', 'status', '--kubeconfig', kubeconfig);
  assert.match(out, /^NAME .*\nweb {3}web .* Serving .* 2 .* InCooldown .*\n$/);
  assert.deepEqual({ code, err }, { code: 0, err: '' });
});

test('as a plug-in of kubectl it is the same', async () => {
  assert.deepEqual(await ended('kubectl-elasti', '--version'), { code: 0, out: `${version}\n`, err: '' });
});

test('whatever goes wrong is one line and an exit code', async () => {
  assert.deepEqual(await ended('elasti', 'why', 'web', '--kubeconfig', '/nowhere'), {
    code: 3,
    out: '',
    err: 'elasti: the kubeconfig /nowhere cannot be read\n',
  });
  assert.equal((await ended('elasti', 'what')).code, 2);
  assert.equal((await ended('elasti')).code, 2);
});
