import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadKubeConfig } from './load-kube-config.ts';

async function setup(t: TestContext, contents?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'elasti-'));
  const before = process.env.KUBECONFIG;
  t.after(async () => {
    if (before === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = before;
    await rm(folder, { recursive: true });
  });
  const kubeconfig = join(folder, 'config');
  if (contents !== undefined) await writeFile(kubeconfig, contents);
  process.env.KUBECONFIG = kubeconfig;
  return kubeconfig;
}

test('KUBECONFIG wins over the service account', async (t) => {
  const kubeconfig = await setup(
    t,
    `current-context: c
contexts: [{name: c, context: {cluster: k, user: u}}]
clusters: [{name: k, cluster: {server: "https://10.0.0.1"}}]
users: [{name: u, user: {token: x}}]
`,
  );
  const loaded = await loadKubeConfig({ kubeconfig, apiServer: 'https://10.96.0.1:443' });
  assert.equal(loaded.getCurrentCluster()?.server, 'https://10.0.0.1');
});

for (const [title, contents] of [
  ['absent', undefined],
  ['no kubeconfig', 'nonsense'],
  [
    'for a server without TLS',
    'current-context: c\ncontexts: [{name: c, context: {cluster: k}}]\nclusters: [{name: k, cluster: {server: "http://10.0.0.1"}}]\n',
  ],
  ['without a context', 'clusters: []\ncontexts: []\nusers: []\n'],
] as const) {
  test(`a KUBECONFIG that is ${title} is a ConfigError of one line`, async (t) => {
    const kubeconfig = await setup(t, contents);
    await assert.rejects(loadKubeConfig({ kubeconfig, apiServer: undefined }), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'CONFIG');
      assert.ok(error.message.startsWith(`KUBECONFIG is ${JSON.stringify(kubeconfig)}: `));
      assert.doesNotMatch(error.message, /\n/);
      return true;
    });
  });
}
