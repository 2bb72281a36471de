import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventIntent } from '../core/types.ts';
import { createEvents } from './events.ts';
import { createModelCluster, refusal } from './testing/model-cluster.ts';
import { silentLog } from './testing/shop.ts';
import { createVirtualClock } from './testing/virtual-clock.ts';

function setup() {
  const clock = createVirtualClock();
  const cluster = createModelCluster({ clock });
  const warnings: object[] = [];
  let dropped = 0;
  const record = createEvents({
    cluster,
    log: { ...silentLog, warn: (fields) => warnings.push(fields) },
    onDropped: () => {
      dropped += 1;
    },
  });
  return {
    clock,
    cluster,
    warnings,
    dropped: () => dropped,
    record: (events: readonly EventIntent[], occurrence = '1') =>
      record(events, { elastiService: { namespace: 'shop', name: 'web', uid: 'uid-web' }, occurrence }),
  };
}

const ASLEEP: EventIntent = { type: 'Normal', reason: 'Asleep', message: 'scaled to zero' };

test('an event names the ElastiService with its uid, so that kubectl describe shows it (pitfall 36)', async () => {
  const { clock, cluster, record } = setup();
  record([ASLEEP]);
  await clock.settle();
  const [event] = cluster.events;
  assert.deepEqual(event?.regarding, { namespace: 'shop', name: 'web', uid: 'uid-web' });
  assert.deepEqual([event.type, event.reason, event.message], ['Normal', 'Asleep', 'scaled to zero']);
});

test('a repeated sync gives the same event, the next occurrence and another message another one', async () => {
  const { clock, cluster, record } = setup();
  record([ASLEEP]);
  record([ASLEEP]);
  await clock.settle();
  assert.equal(cluster.events.length, 1);
  record([ASLEEP], '2');
  record([{ ...ASLEEP, message: 'else' }]);
  await clock.settle();
  assert.equal(cluster.events.length, 3);
});

test('an event that cannot be created is logged and nothing else', async () => {
  const { clock, cluster, record, warnings } = setup();
  cluster.before((call) => {
    throw refusal('FORBIDDEN', call.name, call.subject);
  });
  record([ASLEEP]);
  await clock.settle();
  assert.equal(warnings.length, 1);
});

test('an API that hangs holds 100 events at most; the rest is dropped and counted, and later ones pass again', async () => {
  const { clock, cluster, dropped, record } = setup();
  const stop = cluster.before(() => clock.sleep(60_000));
  record(Array.from({ length: 103 }, (_, i) => ({ ...ASLEEP, message: String(i) })));
  assert.equal(dropped(), 3);
  stop();
  await clock.advance(5000);
  record([ASLEEP]);
  await clock.settle();
  assert.equal(dropped(), 3);
  assert.equal(cluster.events.length, 1);
});
