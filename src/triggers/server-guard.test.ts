import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveServer, type ServerRules } from './server-guard.ts';

const rules = (overrides: Partial<ServerRules> = {}): ServerRules => ({
  defaultServerAddress: 'http://prometheus.monitoring:9090',
  allowedServers: ['*'],
  allowLoopback: false,
  ...overrides,
});
const reason = (address: string | undefined, overrides?: Partial<ServerRules>) => {
  const server = resolveServer(address, rules(overrides));
  return 'reason' in server ? server.reason : 'allowed';
};

describe('address', () => {
  it('defaults to the one of the environment', () => {
    for (const address of [undefined, '', ' ']) {
      const server = resolveServer(address, rules());
      assert.ok('url' in server && server.isDefault);
      assert.equal(server.url.origin, 'http://prometheus.monitoring:9090');
    }
  });

  it('is needed from somewhere', () => {
    assert.equal(reason(undefined, { defaultServerAddress: undefined }), 'NoServer');
    assert.equal(reason('', { defaultServerAddress: '' }), 'NoServer');
  });

  it('is an http or https URL without query and fragment', () => {
    for (const address of ['http://a', 'https://a:8443/p/', 'http://[2001:db8::1]:9090'])
      assert.equal(reason(address), 'allowed');
    for (const address of [
      'prometheus:9090',
      'file:///etc/passwd',
      'ftp://a',
      'http://',
      'x',
      'http://a/?b=c',
      'http://a/#b',
    ]) {
      assert.equal(reason(address), 'BadServerAddress', address);
    }
  });

  it('holds no credentials', () => {
    for (const address of ['http://user:pw@a', 'http://user@a', 'http://:pw@a'])
      assert.equal(reason(address), 'CredentialsInUrl');
  });
});

describe("the environment's server", () => {
  const isDefault = (address: string) => {
    const server = resolveServer(address, rules());
    return 'url' in server && server.isDefault;
  };

  it('is known by its origin, whatever the path', () => {
    assert.ok(isDefault('http://prometheus.monitoring:9090/other'));
    assert.ok(isDefault('http://PROMETHEUS.monitoring:9090'));
  });

  it('is not another port, scheme or host', () => {
    for (const address of [
      'https://prometheus.monitoring:9090',
      'http://prometheus.monitoring',
      'http://prometheus.monitoring:9091',
      'http://prometheus.monitoring.evil.example:9090',
      'http://evil.example/http://prometheus.monitoring:9090',
    ]) {
      assert.equal(isDefault(address), false, address);
    }
  });

  it('is nobody where the environment names none', () => {
    const server = resolveServer('http://a', rules({ defaultServerAddress: undefined }));
    assert.ok('url' in server && !server.isDefault);
  });

  it('may be on loopback and outside of the allowed servers, but never link-local', () => {
    const own = (defaultServerAddress: string) => reason(undefined, { defaultServerAddress, allowedServers: [] });
    assert.equal(own('http://127.0.0.1:9090'), 'allowed');
    assert.equal(own('http://localhost:9090'), 'allowed');
    assert.equal(own('http://169.254.1.1:9090'), 'ServerNotAllowed');
  });
});

describe('addresses that are never asked', () => {
  const LINK_LOCAL = [
    'http://169.254.169.254',
    'http://169.254.0.1:9090',
    'http://2852039166',
    'http://0xa9fea9fe',
    'http://0251.0376.0251.0376',
    'http://169.254.43518',
    'http://[::ffff:169.254.169.254]',
    'http://[::ffff:a9fe:a9fe]',
    'http://[64:ff9b::169.254.169.254]',
    'http://[fe80::1]',
    'http://[febf::1]',
    'http://[fd00:ec2::254]',
    'http://metadata.google.internal',
    'http://METADATA.google.internal.',
    'http://100.100.100.200',
  ];

  it('are link-local ones and those of metadata services, however they are written', () => {
    for (const address of LINK_LOCAL)
      assert.equal(reason(address, { allowLoopback: true }), 'ServerNotAllowed', address);
  });

  it('are not their neighbours', () => {
    for (const address of [
      'http://169.253.255.255',
      'http://169.255.0.0',
      'http://[fec0::1]',
      'http://[fd00:ec2::253]',
      'http://10.0.0.1',
    ]) {
      assert.equal(reason(address), 'allowed', address);
    }
  });

  it('are those of our own pod, unless allowed', () => {
    for (const address of [
      'http://127.0.0.1:8013',
      'http://127.8.8.8',
      'http://2130706433',
      'http://0',
      'http://0.0.0.0',
      'http://[::1]',
      'http://[::]',
      'http://[::ffff:127.0.0.1]',
      'http://localhost',
      'http://LOCALHOST.',
      'http://a.localhost',
    ]) {
      assert.equal(reason(address), 'ServerNotAllowed', address);
      assert.equal(reason(address, { allowLoopback: true }), 'allowed', address);
    }
  });
});

describe('allowed servers', () => {
  const among = (address: string, ...allowedServers: string[]) => reason(address, { allowedServers });

  it('are matched by host, with * for anything', () => {
    assert.equal(among('http://thanos.monitoring.svc', '*.monitoring.svc'), 'allowed');
    assert.equal(among('http://thanos.monitoring.svc.', 'x', ' *.Monitoring.svc '), 'allowed');
    assert.equal(among('http://thanos.monitoring.svc.evil.example', '*.monitoring.svc'), 'ServerNotAllowed');
    assert.equal(among('http://evil.example/.monitoring.svc', '*.monitoring.svc'), 'ServerNotAllowed');
    assert.equal(among('http://thanosXmonitoring.svc', 'thanos.monitoring.svc'), 'ServerNotAllowed');
    assert.equal(among('http://thanos.monitoring.svc'), 'ServerNotAllowed');
  });

  it('are matched by host and port where the pattern has one', () => {
    assert.equal(among('http://thanos:9090', 'thanos:9090'), 'allowed');
    assert.equal(among('http://thanos:9091', 'thanos:9090'), 'ServerNotAllowed');
    assert.equal(among('https://thanos', 'thanos:443'), 'allowed');
    assert.equal(among('http://thanos', 'thanos:443'), 'ServerNotAllowed');
    assert.equal(among('http://[2001:db8::1]:9090', '[2001:db8::1]:*'), 'allowed');
  });
});
