import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createConnect } from './connection.ts';
import { makeKubeConfig } from './testing/api-server-stub.ts';

const server = 'http://127.0.0.1:1';

test('a rotated service account token is taken up, its line break left out', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.parse('2026-03-01T12:00:00Z') });
  const folder = await mkdtemp(join(tmpdir(), 'elasti-'));
  t.after(() => rm(folder, { recursive: true }));
  const tokenFile = join(folder, 'token');
  await writeFile(tokenFile, 'first\n');
  let elapsedMs = 0;
  const kubeConfig = makeKubeConfig(server, { authProvider: { name: 'tokenFile', config: { tokenFile } } });
  const connect = createConnect(kubeConfig, () => elapsedMs);
  const before = await connect();
  assert.equal(before.headers.authorization, 'Bearer first');
  await writeFile(tokenFile, 'second\n');
  elapsedMs = 71_000;
  t.mock.timers.tick(71_000);
  const after = await connect();
  assert.equal(after.headers.authorization, 'Bearer second');
  assert.equal(after.agent, before.agent);
});

test('credentials are read once for many calls, and again when that failed', async () => {
  const kubeConfig = makeKubeConfig(server);
  let reads = 0;
  const read = kubeConfig.applyToHTTPSOptions.bind(kubeConfig);
  kubeConfig.applyToHTTPSOptions = (options) => {
    reads += 1;
    return reads === 1 ? Promise.reject(new Error('no file')) : read(options);
  };
  const connect = createConnect(kubeConfig, () => 0);
  await assert.rejects(connect(), /no file/);
  await connect();
  await connect();
  assert.equal(reads, 2);
});

test('a changed certificate gets a pool of its own', async () => {
  const kubeConfig = makeKubeConfig(server);
  const user = kubeConfig.getCurrentUser() as { certData?: string };
  let elapsedMs = 0;
  const connect = createConnect(kubeConfig, () => elapsedMs);
  const before = await connect();
  user.certData = Buffer.from('certificate').toString('base64');
  elapsedMs = 10_000;
  assert.notEqual((await connect()).agent, before.agent);
});

test('a user name and password go as basic auth', async () => {
  const connect = createConnect(makeKubeConfig(server, { username: 'me', password: 'x' }), () => 0);
  assert.equal((await connect()).headers.authorization, `Basic ${Buffer.from('me:x').toString('base64')}`);
});
