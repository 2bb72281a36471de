import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Cluster, openCluster, startCluster } from './cluster.ts';
import { isInside } from './enter.ts';
import { makeLayout } from './layout.ts';
import { namespaceIdentity, processesOf } from './process-identity.ts';
import { run } from './shell.ts';
import { runStory } from './smoke/story.ts';

// Proves on this machine that a cluster comes up, carries traffic, scales, mounts tokens and leaves nothing behind.

const { values } = parseArgs({ options: { name: { type: 'string', default: 'smoke' } } });

if (await isInside(values.name)) await runStory(openCluster(values.name));
else await proveThatNothingStays(values.name);

async function proveThatNothingStays(name: string): Promise<void> {
  const layout = makeLayout(name);
  const linksBefore = await machineLinks();
  const cluster = await timed('up', () => startCluster({ name, audit: true }));
  const namespace = await namespaceIdentity(layout.namespaceFile);
  assert.ok(namespace);
  try {
    process.exitCode = await tell(cluster);
    assert.equal(await machineLinks(), linksBefore, 'the machine has other links or addresses while the cluster is up');
  } finally {
    await timed('down', () => cluster.stop());
  }
  assert.deepEqual(await processesOf(namespace), [], 'processes are left');
  for (const path of [layout.namespaceFile, layout.namespaceEtc, layout.directory]) assert.ok(!existsSync(path), path);
  assert.equal(await machineLinks(), linksBefore, 'links or addresses of the machine have changed');
  process.stdout.write(
    process.exitCode === 0 ? 'smoke: passed, nothing is left\n' : 'smoke: FAILED, nothing is left\n',
  );
}

function tell(cluster: Cluster): Promise<number> {
  return cluster.run([process.execPath, import.meta.filename, '--name', cluster.name]);
}

async function machineLinks(): Promise<string> {
  return run('ip', ['-brief', 'address']);
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await work();
  process.stdout.write(`smoke: ${what} took ${Math.round(performance.now() - startedAt)} ms\n`);
  return result;
}
