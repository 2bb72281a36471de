import assert from 'node:assert/strict';
import { until } from '../cluster/wait.ts';
import { isWatching } from '../environment/overlay.ts';
import { type AuditedCall, describeCalls, HOOK_USER, METACONTROLLER_USER, readAudit } from '../stage/audit.ts';
import { makeElastiService } from '../stage/manifests.ts';
import type { Story } from '../stage/story.ts';

const QUIET_MS = 8_000;
const WINDOW_MS = 60_000;

export const idleCost: Story = {
  name: 'a service at rest, serving or asleep, costs no call to the API per poll',
  slug: 'idle-cost',
  async tell(stage) {
    const { namespace, environment } = stage;
    await stage.startAsleep();
    await stage.startApp({ name: 'busy' });
    await stage.traffic('busy', 5);
    await stage.apply(makeElastiService(namespace, { service: 'busy' }));
    await stage.untilReason('Ready', 'TriggerActive', 'busy');

    const isHere = (call: AuditedCall) => call.objectRef?.namespace === namespace;
    const callsOf = (user: string, sinceMs: number) =>
      readAudit(environment.cluster.auditLog, (call) => {
        return call.user.username === user && isHere(call) && Date.parse(call.requestReceivedTimestamp) >= sinceMs;
      });
    stage.step('it comes to rest');
    await until(
      'some seconds without a call',
      async () => (await callsOf(HOOK_USER, Date.now() - QUIET_MS)).length === 0,
      {
        timeoutMs: 120_000,
        everyMs: 1000,
      },
    );

    stage.step('a minute of rest');
    const startedAtMs = Date.now();
    await until('a minute to pass', () => Date.now() > startedAtMs + WINDOW_MS, {
      timeoutMs: 2 * WINDOW_MS,
      everyMs: 1000,
    });
    const ours = await callsOf(HOOK_USER, startedAtMs);
    const theirs = await callsOf(METACONTROLLER_USER, startedAtMs);
    stage.figure(
      `60 polls of a serving and a sleeping service: our calls ${describeCalls(ours)}; Metacontroller's ${describeCalls(theirs)}`,
    );
    // Asleep, each replica of the service looks at /scale once in five minutes, for a raise without any sign of a pod.
    const isRare = ours.every(({ verb, objectRef }) => verb === 'get' && objectRef?.subresource === 'scale');
    assert.ok(isRare && ours.length <= 2, describeCalls(ours));
    // Then Metacontroller asks only where something differs, or once in ten minutes.
    if (isWatching) assert.ok(theirs.length <= 4, describeCalls(theirs));
    else assert.ok(theirs.length >= WINDOW_MS / 1000, 'it was polled all the while');
    assert.ok(
      theirs.every(({ verb }) => verb === 'get'),
      describeCalls(theirs),
    );
  },
};
