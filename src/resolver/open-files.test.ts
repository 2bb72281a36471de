import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_LIMITS } from './limits.ts';
import { fitToOpenFiles, parseMaxOpenFiles, readMaxOpenFiles } from './open-files.ts';

const LIMITS = `Limit                     Soft Limit           Hard Limit           Units
Max processes             unlimited            unlimited            processes
Max open files            1024                 524288               files
Max locked memory         8388608              8388608              bytes
`;

test('the soft limit counts', () => {
  assert.equal(parseMaxOpenFiles(LIMITS), 1024);
});

test('where there is no limit, or nobody says, there is none', () => {
  assert.equal(parseMaxOpenFiles(LIMITS.replace('1024 ', 'unlimited ')), undefined);
  assert.equal(parseMaxOpenFiles(''), undefined);
});

test('this process knows its own', { skip: process.platform !== 'linux' && 'only Linux has /proc/self/limits' }, () => {
  assert.ok((readMaxOpenFiles() ?? Number.POSITIVE_INFINITY) > 100);
});

const limits = { ...DEFAULT_LIMITS, maxHeldConnections: 10_000 };
const fit = (maxOpenFiles: number | undefined) => fitToOpenFiles(limits, { maxOpenFiles, listeners: 50 });

test('just enough files change nothing', () => {
  assert.deepEqual(fit(21_150), { limits, neededFiles: 21_150 });
  assert.deepEqual(fit(undefined), { limits, neededFiles: 21_150 });
});

test('too few lower the number of connections, and nothing else', () => {
  assert.deepEqual(fit(21_149), { limits: { ...limits, maxHeldConnections: 9999 }, neededFiles: 21_150 });
  assert.equal(fit(2150).limits.maxHeldConnections, 500);
});

test('one connection may always try', () => {
  assert.equal(fit(256).limits.maxHeldConnections, 1);
});
