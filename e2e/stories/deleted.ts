import assert from 'node:assert/strict';
import { privateServiceName } from '../../src/core/names.ts';
import { isResolverMarking } from '../stage/client.ts';
import { DEPLOYMENTS, ELASTI_SERVICES } from '../stage/objects.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';

export const deleted: Story = {
  name: 'deleting an ElastiService that sleeps restores everything and loses no request',
  slug: 'deleted',
  async tell(stage) {
    await stage.startAsleep();
    const stopAsking = stage.keepAsking();
    await stage.kubectl('delete', 'elastiservice', 'web', '--wait=false');
    await untilNothingIsLeft(stage);
    assert.equal(await stage.replicas(), 1);
    await stage.untilDirect();

    const answers = await stopAsking();
    const lost = answers.filter(({ status }) => status !== 200);
    assert.deepEqual(lost, []);
    assert.ok(answers.some(({ resolver }) => resolver !== undefined) || !isResolverMarking);
    assert.equal(answers.at(-1)?.resolver, undefined);
    stage.figure(`requests while an ElastiService was deleted asleep: ${answers.length}, lost: ${lost.length}`);
  },
};

export const deletedWithoutTarget: Story = {
  name: 'deleting an ElastiService whose target is gone leaves nothing behind',
  slug: 'deleted-targetless',
  async tell(stage) {
    await stage.startAsleep();
    await stage.kubectl('delete', 'deployment', 'web');
    await stage.kubectl('delete', 'elastiservice', 'web', '--wait=false');
    await untilNothingIsLeft(stage);
    await stage.untilGone(DEPLOYMENTS, 'web');
  },
};

export const deletedInForeground: Story = {
  name: 'deleting an ElastiService with foreground propagation restores everything too',
  slug: 'deleted-foreground',
  async tell(stage) {
    await stage.startAsleep();
    await stage.kubectl('delete', 'elastiservice', 'web', '--cascade=foreground', '--wait=false');
    await untilNothingIsLeft(stage);
    assert.equal(await stage.replicas(), 1);
    await stage.untilDirect();
  },
};

async function untilNothingIsLeft(stage: Stage): Promise<void> {
  await stage.untilGone(ELASTI_SERVICES, 'web');
  await stage.untilGone('v1/services', privateServiceName('web'));
  await stage.untilNoSlices();
}
