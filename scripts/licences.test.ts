import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listLicences, notAllowed, readLock } from './licences.ts';

test('every package that an image holds has a licence that is allowed', () => {
  const packages = listLicences(readLock());
  assert.ok(packages.some(({ name }) => name === 'router'));
  assert.ok(!packages.some(({ name }) => name === 'typescript'));
  assert.deepEqual(notAllowed(packages), []);
});

test('another licence, none at all, and an exception for somebody else are not', () => {
  const packages = listLicences({
    packages: {
      '': { license: 'MIT' },
      'node_modules/a': { version: '1.0.0', license: 'AGPL-3.0' },
      'node_modules/a/node_modules/@b/c': { version: '2.0.0' },
      'node_modules/d': { version: '3.0.0', license: 'FSL-1.1-Apache-2.0' },
      'node_modules/e': { version: '4.0.0', license: 'GPL-3.0', dev: true },
      'node_modules/f': { version: '5.0.0', license: 'MIT' },
    },
  });
  assert.deepEqual(
    notAllowed(packages).map(({ name, licence }) => `${name} ${licence}`),
    ['a AGPL-3.0', '@b/c unknown', 'd FSL-1.1-Apache-2.0'],
  );
});
