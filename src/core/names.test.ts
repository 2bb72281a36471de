import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { privateServiceName, sliceName } from './names.ts';

test('names are those that KubeElasti gave', () => {
  assert.equal(privateServiceName('web'), 'elasti-web-pvt-4b5e57f6eb');
  assert.equal(privateServiceName('target-deployment'), 'elasti-target-deployment-pvt-9696239e87');
  assert.equal(sliceName('target-deployment'), 'elasti-target-deployment-endpointslice-to-resolver-9696239e87');
});

test('a long Service name is cut so that the whole fits, and its hash is that of the full name (pitfall 21)', () => {
  const longest = 'a'.repeat(63);
  const name = privateServiceName(longest);
  assert.equal(name.length, 63);
  assert.notEqual(name, privateServiceName('a'.repeat(62)));
});

test('a cut never leaves a dash before the rest', () => {
  const room = 63 - 'elasti-'.length - '-pvt-0123456789'.length;
  const name = privateServiceName(`${'a'.repeat(room - 1)}-${'b'.repeat(10)}`);
  assert.match(name, /^elasti-a+-pvt-[0-9a-f]{10}$/);
});

test('every name is a valid DNS label within its bound, and different Services never share one', () => {
  const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/);
  fc.assert(
    fc.property(label, label, (a, b) => {
      assert.match(privateServiceName(a), /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
      assert.ok(sliceName(a, { family: 'IPv6', group: 9 }).length <= 253);
      if (a !== b) assert.notEqual(privateServiceName(a), privateServiceName(b));
    }),
  );
});

test('a further family and a further group of ports have names of their own', () => {
  assert.match(sliceName('web', { family: 'IPv6' }), /^elasti-web-endpointslice-to-resolver-[0-9a-f]{10}-ipv6$/);
  assert.match(sliceName('web', { group: 1 }), /-[0-9a-f]{10}-2$/);
  assert.equal(sliceName('web', { group: 0 }), sliceName('web'));
});
