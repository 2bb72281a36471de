import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isHostOf, type ReadKey, readHookEndpoint, webhookUrl } from './hook-endpoint.ts';

const url = 'https://elasti-hooks.elasti:8443/sync';
const readKey: ReadKey = async (kind, { namespace, name, key }) => `${kind}/${namespace}/${name}/${key}\n`;

test('the host of an endpoint needs the port, unless it is the default of the scheme', () => {
  assert.equal(isHostOf('elasti-hooks.elasti:8443', url), true);
  assert.equal(isHostOf('Elasti-Hooks.elasti:8443', url), true);
  assert.equal(isHostOf('elasti-hooks.elasti', url), false);
  assert.equal(isHostOf('elasti-hooks.elasti:443', url), false);
  assert.equal(isHostOf('elasti-hooks.elasti', 'https://elasti-hooks.elasti/sync'), true);
  assert.equal(isHostOf('elasti-hooks.elasti:443', 'https://elasti-hooks.elasti/sync'), true);
  assert.equal(isHostOf('elasti-hooks.elasti', 'http://elasti-hooks.elasti:80/sync'), true);
  assert.equal(isHostOf('elasti-hooks.elasti', 'http://elasti-hooks.elasti:443/sync'), false);
});

const shared = {
  host: 'elasti-hooks.elasti:8443',
  caBundle: { secretRef: { name: 'ca', namespace: 'elasti' } },
  authorization: { secretRef: { name: 'token', namespace: 'elasti', key: 'token' } },
};

test('CA and bearer token come from the entry of the host', async () => {
  assert.deepEqual(await readHookEndpoint({ version: 'v2', webhook: { url, timeout: '1m30s' } }, [shared], readKey), {
    url,
    timeoutMs: 90_000,
    caBundle: 'secrets/elasti/ca/ca.crt\n',
    authorization: 'Bearer secrets/elasti/token/token',
  });
});

test('settings of the webhook itself count alone', async () => {
  const webhook = { url, caBundle: { inline: 'PEM' } };
  assert.deepEqual(await readHookEndpoint({ version: 'v2', webhook }, [shared], readKey), {
    url,
    timeoutMs: 10_000,
    caBundle: 'PEM',
  });
});

test('an entry of another host is not used', async () => {
  const entry = { ...shared, host: 'elasti-hooks.elasti' };
  assert.deepEqual(await readHookEndpoint({ version: 'v2', webhook: { url } }, [entry], readKey), {
    url,
    timeoutMs: 10_000,
  });
});

test('a service and a path make a URL', () => {
  const service = { name: 'hooks', namespace: 'elasti' };
  assert.equal(webhookUrl({ service, path: '/sync' }), 'http://hooks.elasti:80/sync');
  assert.equal(
    webhookUrl({ service: { ...service, port: 8443, protocol: 'https' }, path: '/sync' }),
    'https://hooks.elasti:8443/sync',
  );
  assert.throws(() => webhookUrl({ path: '/sync' }));
});

test('hooks of version 1 are refused', async () => {
  await assert.rejects(readHookEndpoint({ webhook: { url } }, [], readKey), /only v2/);
});
