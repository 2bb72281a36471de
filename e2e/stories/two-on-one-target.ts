import assert from 'node:assert/strict';
import { makeApp, makeElastiService } from '../stage/manifests.ts';
import type { Story } from '../stage/story.ts';

export const twoOnOneTarget: Story = {
  name: 'two ElastiServices on one target sleep when both are idle, and wake together',
  slug: 'two-on-one-target',
  async tell(stage) {
    const { namespace } = stage;
    const [, service] = makeApp({ name: 'web', namespace });
    await stage.startApp();
    await stage.apply({ ...service, metadata: { ...service.metadata, name: 'side' } });
    const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    await stage.traffic('side', 5);
    await stage.apply(makeElastiService(namespace), makeElastiService(namespace, { service: 'side', target }));

    stage.step('one is idle, the other in use');
    await stage.untilReason('SleepAllowed', 'TargetShared');
    await stage.untilPhase('Serving', { name: 'side' });
    assert.equal(await stage.replicas(), 1);

    stage.step('both are idle');
    await stage.traffic('side', 0);
    await stage.untilPhase('Asleep', { reason: 'SleptByElasti' });
    await stage.untilPhase('Asleep', { name: 'side', reason: 'SleptByElasti' });
    assert.equal(await stage.replicas(), 0);
    for (const name of ['web', 'side']) await stage.keepUp(name);

    stage.step('a request to one raises for both');
    await stage.untilNoPods();
    const answer = await stage.ask();
    assert.equal(answer.status, 200, answer.text);
    for (const name of ['web', 'side']) {
      const { status } = await stage.untilPhase('Serving', { name });
      assert.equal(status?.foreignRaises, undefined, `${name} takes its sharer for no stranger`);
      assert.equal(status?.sleptBy, undefined);
    }
    assert.equal((await stage.ask('side')).status, 200);
  },
};
