import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeEvent } from './make-event.ts';

const regarding = { namespace: 'shop', name: 'web', uid: 'u1' };
const event = { regarding, type: 'Warning', reason: 'Blocked', message: 'why', key: 'k' } as const;
const now = new Date('2026-03-01T12:00:00Z');
const nameOf = (change: object) => makeEvent({ ...event, ...change }, now).metadata.name;

test('the name tells events apart by ElastiService and key, and by nothing else', () => {
  assert.equal(nameOf({ message: 'other', reason: 'Other' }), nameOf({}));
  assert.notEqual(nameOf({ key: 'k2' }), nameOf({}));
  assert.notEqual(nameOf({ regarding: { ...regarding, uid: 'u2' } }), nameOf({}));
});

test('a long name is cut to what the API allows and stays a valid name', () => {
  const name = nameOf({ regarding: { ...regarding, name: `${'a'.repeat(235)}.${'b'.repeat(17)}` } });
  assert.match(name, /^a{235}\.[0-9a-f]{16}$/);
  assert.equal(nameOf({ regarding: { ...regarding, name: 'a'.repeat(253) } }).length, 253);
});

test('reason and message are cut to what the API allows', () => {
  const long = makeEvent({ ...event, reason: 'R'.repeat(200), message: 'm'.repeat(2000) }, now);
  assert.equal(long.reason.length, 128);
  assert.equal(long.message.length, 1024);
});
