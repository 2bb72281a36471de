import assert from 'node:assert/strict';
import { until } from '../cluster/wait.ts';
import { startPrometheus } from '../environment/prometheus.ts';
import { makeElastiService } from '../stage/manifests.ts';
import { ELASTI_SERVICES, type ElastiServiceObject } from '../stage/objects.ts';
import type { Story } from '../stage/story.ts';

const COOLDOWN_SECONDS = 4;

export const prometheusStopped: Story = {
  name: 'while Prometheus does not answer nothing falls asleep and nothing wakes; then both do',
  slug: 'prometheus-stopped',
  async tell(stage) {
    const { namespace, environment } = stage;
    const prometheus = await startPrometheus(environment.layout, 'second-prometheus', 9091);
    stage.onLeave(() => prometheus.stop());
    const serverAddress = prometheus.url;
    await stage.startAsleep({ serverAddress });
    await stage.startApp({ name: 'up' });
    await stage.traffic('up', 5);
    await stage.apply(
      makeElastiService(namespace, { service: 'up', cooldownSeconds: COOLDOWN_SECONDS, serverAddress }),
    );
    await stage.untilPhase('Serving', { name: 'up' });

    stage.step('Prometheus hangs just when one turns idle and the other would wake');
    await stage.untilReason('Ready', 'TriggerActive', 'up');
    prometheus.signal('SIGSTOP');
    await Promise.all([stage.traffic('up', 0), stage.traffic('web', 5)]);
    const events = await stage.record<ElastiServiceObject>(ELASTI_SERVICES);
    const { status } = await stage.untilReason('Ready', 'TriggersUnknown', 'up');
    const unknownSince = Date.parse(status?.unknownSince ?? '');
    await until('two cooldowns without an answer', () => Date.now() > unknownSince + 2000 * COOLDOWN_SECONDS);
    for (const { object } of events) {
      assert.equal(object.status?.phase, object.metadata.name === 'up' ? 'Serving' : 'Asleep');
    }

    stage.step('Prometheus answers again');
    prometheus.signal('SIGCONT');
    const woken = await stage.untilPhase('Serving', { name: 'web' });
    assert.equal(woken.status?.wokenBy, 'Trigger');
    await stage.untilPhase('Asleep', { name: 'up', reason: 'SleptByElasti' });
  },
};
