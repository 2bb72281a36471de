import assert from 'node:assert/strict';
import { until } from '../cluster/wait.ts';
import { makeElastiService } from '../stage/manifests.ts';
import type { Story } from '../stage/story.ts';

export const twoOnOneService: Story = {
  name: 'of two ElastiServices on one Service the younger waits, and takes over when the older is deleted',
  slug: 'two-on-one-service',
  async tell(stage) {
    await stage.startApp();
    await stage.traffic('web', 5);
    await stage.apply(makeElastiService(stage.namespace, { name: 'older', service: 'web' }));
    const { metadata } = await stage.untilPhase('Serving', { name: 'older' });
    // Creation times are whole seconds.
    await until('the next second', () => Date.now() > Date.parse(metadata.creationTimestamp) + 1000);

    stage.step('the younger is blocked');
    const target = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
    await stage.apply(makeElastiService(stage.namespace, { name: 'younger', service: 'web', target }));
    const blocked = await stage.untilPhase('Blocked', { name: 'younger', reason: 'ServiceClaimed' });
    assert.match(JSON.stringify(blocked.status?.conditions), /older/);
    assert.equal((await stage.elastiService('older')).status?.phase, 'Serving');

    stage.step('the older is deleted');
    await stage.kubectl('delete', 'elastiservice', 'older', '--wait=false');
    await stage.untilPhase('Serving', { name: 'younger' });
    await stage.traffic('web', 0);
    await stage.untilPhase('Asleep', { name: 'younger', reason: 'SleptByElasti' });
    await stage.untilNoPods();
    const answer = await stage.ask();
    assert.equal(answer.status, 200, answer.text);
  },
};
