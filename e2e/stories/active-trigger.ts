import assert from 'node:assert/strict';
import { until } from '../cluster/wait.ts';
import type { Story } from '../stage/story.ts';

export const activeTrigger: Story = {
  name: 'an active trigger wakes a sleeping service without any request',
  slug: 'active-trigger',
  async tell(stage) {
    await stage.startAsleep();
    await stage.traffic('web', 5);
    const { status } = await stage.untilPhase('Serving');
    assert.equal(status?.wokenBy, 'Trigger');
    assert.equal(await stage.replicas(), 1);
    await until('the slices to be gone', async () => (await stage.ourSlices()).length === 0);
    assert.equal((await stage.ask()).status, 200);
  },
};
