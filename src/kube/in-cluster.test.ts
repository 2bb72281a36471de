import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createConnect } from './connection.ts';
import { inClusterAccess } from './in-cluster.ts';

const SERVER = 'https://10.96.0.1:443';

async function setup(t: TestContext) {
  const folder = await mkdtemp(join(tmpdir(), 'elasti-'));
  t.after(() => rm(folder, { recursive: true }));
  return { folder, write: (file: string, text: string) => writeFile(join(folder, file), text) };
}

test('a pod speaks with the API server that the kubelet named, by its own token', async (t) => {
  const { folder, write } = await setup(t);
  await write('token', 'first\n');
  await write('ca.crt', 'authority');
  const access = await inClusterAccess(SERVER, folder);
  assert.ok(access);
  const { server, headers, agent } = await createConnect(access, () => 0)();
  assert.equal(server.href, `${SERVER}/`.replace(':443', ''));
  assert.equal(headers.authorization, 'Bearer first');
  assert.equal(String((agent as unknown as { options: { ca: Buffer } }).options.ca), 'authority');
});

test('a rotated token is taken up, and a rotated authority too', async (t) => {
  const { folder, write } = await setup(t);
  await write('token', 'first');
  await write('ca.crt', 'authority');
  const access = await inClusterAccess(SERVER, folder);
  assert.ok(access);
  let elapsedMs = 0;
  const connect = createConnect(access, () => elapsedMs);
  const before = await connect();
  await write('token', 'second');
  await write('ca.crt', 'another');
  elapsedMs = 10_000;
  const after = await connect();
  assert.equal(after.headers.authorization, 'Bearer second');
  assert.equal(String((after.agent as unknown as { options: { ca: Buffer } }).options.ca), 'another');
  assert.notEqual(after.agent, before.agent);
});

test('credentials that cannot be read fail the call and not the process', async (t) => {
  const { folder, write } = await setup(t);
  await write('token', 'first');
  const access = await inClusterAccess(SERVER, folder);
  assert.ok(access);
  await assert.rejects(createConnect(access, () => 0)(), /ca\.crt/);
});

test('without a token there is no access', async (t) => {
  const { folder } = await setup(t);
  assert.equal(await inClusterAccess(SERVER, folder), undefined);
});
