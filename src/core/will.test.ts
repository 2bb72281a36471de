import assert from 'node:assert/strict';
import { test } from 'node:test';
import { willOf } from './will.ts';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const ago = (seconds: number) => new Date(NOW.getTime() - seconds * 1000).toISOString();

const kindOf = (annotations: { keepAwakeUntil?: string; sleepSwitch?: string }, lastScaledUpTime?: string) => {
  const status = lastScaledUpTime === undefined ? undefined : { lastScaledUpTime };
  return willOf({ keepAwakeUntil: undefined, sleepSwitch: undefined, status, ...annotations }, NOW).kind;
};

test('without annotations, or with empty ones, there is no will', () => {
  assert.equal(kindOf({}), 'none');
  assert.equal(kindOf({ keepAwakeUntil: '', sleepSwitch: '' }), 'none');
});

test('kept awake until the time, and no longer, in any time zone', () => {
  assert.equal(kindOf({ keepAwakeUntil: ago(-0.001) }), 'keptAwake');
  assert.equal(kindOf({ keepAwakeUntil: ago(0) }), 'none');
  assert.equal(kindOf({ keepAwakeUntil: '2026-03-01T14:00:01+02:00' }), 'keptAwake');
  assert.equal(kindOf({ keepAwakeUntil: '2026-03-01T14:00:00+02:00' }), 'none');
});

test('off is off in any case, whatever else is said', () => {
  for (const sleepSwitch of ['off', 'Off', 'OFF']) assert.equal(kindOf({ sleepSwitch }), 'off');
  assert.equal(kindOf({ sleepSwitch: 'off', keepAwakeUntil: 'whenever' }), 'off');
});

test('what is neither of them nor a time is not known', () => {
  for (const text of ['2h', 'now', 'false', '2026-03-01', '2026-03-01T12:00:00', '2026-13-01T12:00:00Z', '0']) {
    assert.equal(kindOf({ keepAwakeUntil: text }), 'unreadable', text);
    assert.equal(kindOf({ sleepSwitch: text }), 'unreadable', text);
  }
});

test('a wish to sleep holds for ten minutes, and a clock may be a minute ahead', () => {
  assert.equal(kindOf({ sleepSwitch: ago(599.999) }), 'sleepAsked');
  assert.equal(kindOf({ sleepSwitch: ago(600) }), 'none');
  assert.equal(kindOf({ sleepSwitch: ago(-60) }), 'sleepAsked');
  assert.equal(kindOf({ sleepSwitch: ago(-60.001) }), 'none');
});

test('a wish to sleep is over once something has brought the service up after it', () => {
  assert.equal(kindOf({ sleepSwitch: ago(10) }, ago(10)), 'sleepAsked');
  assert.equal(kindOf({ sleepSwitch: ago(10) }, ago(9.999)), 'none');
});

test('who keeps awake is heard before who wants sleep, or nobody knows what', () => {
  assert.equal(kindOf({ keepAwakeUntil: ago(-60), sleepSwitch: 'now' }), 'keptAwake');
  assert.equal(kindOf({ keepAwakeUntil: ago(-60), sleepSwitch: ago(1) }), 'keptAwake');
  assert.equal(kindOf({ keepAwakeUntil: ago(60), sleepSwitch: ago(1) }), 'sleepAsked');
});
