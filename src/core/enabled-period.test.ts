import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { EnabledPeriod } from '../api/elastiservice.ts';
import { enabledPeriodAt } from './enabled-period.ts';

const at = (schedule: string, duration: string, now: string, timeZone?: string) => {
  const state = enabledPeriodAt({ schedule, duration, ...(timeZone !== undefined && { timeZone }) }, new Date(now));
  assert.ok('isInside' in state, 'error' in state ? state.error : '');
  const until = state.until?.toISOString();
  return state.isInside ? ['inside', until] : ['outside', state.since?.toISOString(), until];
};

const isInside = (...args: Parameters<typeof at>) => at(...args)[0] === 'inside';

describe('without restriction', () => {
  it('is always inside without a period', () => {
    assert.deepEqual(enabledPeriodAt(undefined, new Date(0)), { isInside: true, until: undefined });
  });

  it("is always inside with KubeElasti's defaults", () => {
    const defaults = EnabledPeriod.parse({});
    for (const now of ['2026-03-01T00:00:00Z', '2026-03-01T23:59:59.999Z', '2026-12-31T12:00:00Z']) {
      assert.deepEqual(enabledPeriodAt(defaults, new Date(now)), {
        isInside: true,
        until: undefined,
      });
    }
  });

  it('is inside for all 25 hours of the longest day', () => {
    for (const now of ['2026-10-24T22:00:00Z', '2026-10-25T22:30:00Z', '2026-10-25T23:00:00Z']) {
      assert.deepEqual(at('0 0 * * *', '24h', now, 'Europe/Berlin'), ['inside', undefined]);
    }
  });

  it('is always inside where short periods overlap without end', () => {
    assert.deepEqual(at('*/5 * * * *', '1h', '2026-03-04T10:02:30Z'), ['inside', undefined]);
    assert.deepEqual(at('0 */2 * * *', '2h', '2026-03-04T10:02:30Z'), ['inside', undefined]);
  });
});

describe('office hours', () => {
  const office = ['0 9 * * 1-5', '8h'] as const;
  // 2026-03-02 is a Monday.
  it('begins at the start and not a millisecond before', () => {
    assert.deepEqual(at(...office, '2026-03-03T08:59:59.999Z'), [
      'outside',
      '2026-03-02T17:00:00.000Z',
      '2026-03-03T09:00:00.000Z',
    ]);
    assert.deepEqual(at(...office, '2026-03-03T09:00:00.000Z'), ['inside', '2026-03-03T17:00:00.000Z']);
  });

  it('ends after its duration and not a millisecond before', () => {
    assert.deepEqual(at(...office, '2026-03-03T16:59:59.999Z'), ['inside', '2026-03-03T17:00:00.000Z']);
    assert.deepEqual(at(...office, '2026-03-03T17:00:00.000Z'), [
      'outside',
      '2026-03-03T17:00:00.000Z',
      '2026-03-04T09:00:00.000Z',
    ]);
  });

  it('is outside from Friday evening to Monday morning', () => {
    const weekend = ['outside', '2026-03-06T17:00:00.000Z', '2026-03-09T09:00:00.000Z'];
    for (const now of [
      '2026-03-06T17:00:00Z',
      '2026-03-07T12:00:00Z',
      '2026-03-08T09:30:00Z',
      '2026-03-09T08:59:59Z',
    ]) {
      assert.deepEqual(at(...office, now), weekend);
    }
  });

  it('reads the schedule in its time zone', () => {
    // 9:00 in Berlin is 8:00 UTC in winter and 7:00 UTC in summer.
    assert.deepEqual(
      [7, 8].map((hour) => isInside(...office, `2026-03-03T0${hour}:00:00Z`, 'Europe/Berlin')),
      [false, true],
    );
    assert.deepEqual(
      [6, 7].map((hour) => isInside(...office, `2026-07-07T0${hour}:00:00Z`, 'Europe/Berlin')),
      [false, true],
    );
  });

  it('takes an empty time zone as UTC, whatever the zone of this process', (t) => {
    const zone = process.env.TZ;
    t.after(() => {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    });
    process.env.TZ = 'Asia/Tokyo';
    assert.equal(at(...office, '2026-03-03T09:00:00Z', '')[1], '2026-03-03T17:00:00.000Z');
  });
});

describe('periods that overlap or touch', () => {
  it('are one stretch over the whole week from Monday to Friday', () => {
    const week = ['inside', '2026-03-07T00:00:00.000Z'];
    for (const now of ['2026-03-02T00:00:00Z', '2026-03-04T00:00:00Z', '2026-03-06T23:59:59.999Z']) {
      assert.deepEqual(at('0 0 * * 1-5', '24h', now), week);
    }
    assert.deepEqual(at('0 0 * * 1-5', '24h', '2026-03-07T00:00:00Z'), [
      'outside',
      '2026-03-07T00:00:00.000Z',
      '2026-03-09T00:00:00.000Z',
    ]);
  });

  it('are one stretch from the first start to the last end', () => {
    assert.deepEqual(at('*/15 9-16 * * *', '20m', '2026-03-03T12:07:00Z'), ['inside', '2026-03-03T17:05:00.000Z']);
  });

  it('stay apart where a minute lies between them', () => {
    assert.deepEqual(at('*/5 * * * *', '4m', '2026-03-03T12:03:59Z'), ['inside', '2026-03-03T12:04:00.000Z']);
    assert.deepEqual(at('*/5 * * * *', '4m', '2026-03-03T12:04:00Z'), [
      'outside',
      '2026-03-03T12:04:00.000Z',
      '2026-03-03T12:05:00.000Z',
    ]);
  });

  it('say for the next half hour at least when they end, however dense they are', () => {
    assert.equal(at('* 0-11 * * *', '1m', '2026-03-03T11:30:00Z')[1], '2026-03-03T12:00:00.000Z');
  });
});

describe('daylight saving in Berlin', () => {
  it('starts at the end of the spring gap where its start is skipped', () => {
    // 2:30 does not exist on 2026-03-29: the clock goes from 2:00 (01:00 UTC) to 3:00.
    const gap = (now: string) => at('30 2 * * *', '1h', now, 'Europe/Berlin');
    assert.equal(gap('2026-03-29T00:59:59Z')[0], 'outside');
    assert.deepEqual(gap('2026-03-29T01:00:00Z'), ['inside', '2026-03-29T02:00:00.000Z']);
    assert.equal(gap('2026-03-29T02:00:00Z')[0], 'outside');
  });

  it('starts once where autumn repeats its start, and lasts its true duration', () => {
    // 2:30 comes twice on 2026-10-25: at 00:30 and at 01:30 UTC.
    const repeat = (now: string) => at('30 2 * * *', '30m', now, 'Europe/Berlin');
    assert.deepEqual(repeat('2026-10-25T00:30:00Z'), ['inside', '2026-10-25T01:00:00.000Z']);
    assert.deepEqual(repeat('2026-10-25T01:30:00Z'), [
      'outside',
      '2026-10-25T01:00:00.000Z',
      '2026-10-26T01:30:00.000Z',
    ]);
  });

  it('stays one stretch over both changes where periods follow each hour', () => {
    for (const now of ['2026-03-29T01:00:00Z', '2026-10-25T00:59:59Z', '2026-10-25T01:30:00Z']) {
      assert.ok(isInside('0 * * * *', '1h', now, 'Europe/Berlin'), now);
    }
  });
});

describe('odd periods', () => {
  it('is never inside where the duration is 0', () => {
    assert.deepEqual(at('0 9 * * *', '0s', '2026-03-03T09:00:00Z'), ['outside', undefined, undefined]);
  });

  it('is never inside where the day never comes', () => {
    assert.deepEqual(at('0 0 30 2 *', '24h', '2026-03-03T09:00:00Z'), ['outside', undefined, undefined]);
  });

  it('looks years back where starts are that rare', () => {
    assert.deepEqual(at('0 0 29 2 *', '24h', '2026-03-03T09:00:00Z'), [
      'outside',
      '2024-03-01T00:00:00.000Z',
      '2028-02-29T00:00:00.000Z',
    ]);
  });

  it('bears the longest duration that Go knows', () => {
    assert.equal(at('0 0 1 1 *', '2562047h', '2026-03-03T09:00:00Z')[0], 'inside');
  });

  it("reads KubeElasti's cron: names, steps from a minute on, day of month or weekday", () => {
    assert.equal(at('5/20 * * * *', '1m', '2026-03-03T09:46:00Z')[1], '2026-03-03T09:46:00.000Z');
    assert.ok(isInside('0 9 * JAN-MAR MON-FRI', '8h', '2026-03-03T09:00:00Z'));
    assert.ok(isInside('0 9 1 * 2', '8h', '2026-03-03T09:00:00Z'));
    assert.ok(isInside('0 9 1 * 2', '8h', '2026-04-01T09:00:00Z'));
  });

  it('answers with an error for a bad schedule, zone or duration', () => {
    const bad = [
      [{ schedule: 'often', duration: '8h' }, 'schedule'],
      [{ schedule: '61 * * * *', duration: '8h' }, 'schedule'],
      [{ schedule: '0 0 9 * * *', duration: '8h' }, 'schedule'],
      [{ schedule: '@daily', duration: '8h' }, 'schedule'],
      [{ schedule: '0 9 * * *', duration: '8 hours' }, 'duration'],
      [{ schedule: '0 9 * * *', duration: '8h', timeZone: 'Europe/Entenhausen' }, 'timeZone'],
    ] as const;
    for (const [period, field] of bad) {
      const state = enabledPeriodAt(period, new Date('2026-03-03T09:00:00Z'));
      assert.ok('error' in state && state.error.startsWith(`enabledPeriod.${field} is not`), field);
    }
  });
});

describe('stretches over both changes of the clock', () => {
  it('follow each other without gap or overlap', () => {
    const steps = ['*/15 9-16 * * *', '30 2 * * *', '0 22 * * 1-5', '*/20 1-3 * * *'] as const;
    for (const schedule of steps) {
      for (const start of ['2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z']) {
        let previous: ReturnType<typeof at> | undefined;
        for (let minute = 0; minute < 12 * 60; minute += 15) {
          const now = new Date(Date.parse(start) + minute * 60_000).toISOString();
          const state = at(schedule, '90m', now, 'Europe/Berlin');
          // Either the same stretch as before, or a new one that begins where the old one ended.
          if (previous?.[0] === state[0]) assert.deepEqual(state, previous, now);
          else if (previous) assert.deepEqual(at(schedule, '90m', previous.at(-1) ?? '', 'Europe/Berlin'), state, now);
          assert.ok((state.at(-1) ?? 'Z') > now, now);
          previous = state;
        }
      }
    }
  });
});

describe('what is remembered of a period', () => {
  it('holds for the minute alone', () => {
    assert.equal(isInside('0 12 * * *', '10m', '2026-03-04T11:59:59.999Z'), false);
    assert.equal(isInside('0 12 * * *', '10m', '2026-03-04T12:00:00Z'), true);
    assert.equal(isInside('0 12 * * *', '10m', '2026-03-04T12:09:59.999Z'), true);
    assert.equal(isInside('0 12 * * *', '10m', '2026-03-04T12:10:00Z'), false);
  });

  it('ends within a minute where the period does', () => {
    assert.equal(isInside('0 12 * * *', '90s', '2026-03-04T12:01:29.999Z'), true);
    assert.equal(isInside('0 12 * * *', '90s', '2026-03-04T12:01:30Z'), false);
  });

  it('is of that very period', () => {
    const now = '2026-03-04T12:00:30Z';
    assert.equal(isInside('0 12 * * *', '10m', now), true);
    assert.equal(isInside('0 13 * * *', '10m', now), false);
    assert.equal(isInside('0 12 * * *', '10s', now), false);
    assert.equal(isInside('0 12 * * *', '10m', now, 'Europe/Berlin'), false);
  });
});
