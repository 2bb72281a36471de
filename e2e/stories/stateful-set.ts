import assert from 'node:assert/strict';
import { until } from '../cluster/wait.ts';
import { makeElastiService, makeStatefulApp } from '../stage/manifests.ts';
import type { Story } from '../stage/story.ts';

const STATEFUL_SETS = 'apps/v1/statefulsets';

export const statefulSet: Story = {
  name: 'a StatefulSet sleeps and wakes like a Deployment',
  slug: 'stateful-set',
  async tell(stage) {
    const { namespace } = stage;
    await stage.apply(...makeStatefulApp({ name: 'web', namespace, replicas: 2 }));
    await until('the pods to answer', async () => (await stage.ask('web', { timeoutMs: 1000 })).status === 200);
    const target = { apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web' };
    await stage.apply(makeElastiService(namespace, { target, minTargetReplicas: 2, cooldownSeconds: 2 }));
    await stage.untilPhase('Asleep', { reason: 'SleptByElasti' });
    assert.equal(await stage.replicas(STATEFUL_SETS), 0);
    await stage.untilNoPods();

    const answer = await stage.ask();
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.pod ?? '', /^web-[01]$/);
    assert.equal(await stage.replicas(STATEFUL_SETS), 2);
  },
};
