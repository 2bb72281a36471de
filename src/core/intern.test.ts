import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intern } from './intern.ts';

test('a text stays as it is, whatever it is', () => {
  for (const text of ['', '7', '-0', '1e3', '4294967295', '__proto__', 'constructor', 'shop/web', 'ü\u0000\ud800']) {
    assert.equal(intern(text), text);
  }
});
