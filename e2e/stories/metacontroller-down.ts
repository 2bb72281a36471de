import assert from 'node:assert/strict';
import { until } from '../cluster/wait.ts';
import type { Story } from '../stage/story.ts';

export const metacontrollerDown: Story = {
  name: 'a request wakes a service while Metacontroller is down',
  slug: 'metacontroller-down',
  isAlone: true,
  async tell(stage) {
    const { metacontroller } = stage.environment;
    await stage.startAsleep();
    await metacontroller.stop();
    stage.onLeave(() => metacontroller.start());
    const answer = await stage.ask();
    assert.equal(answer.status, 200, answer.text);
    assert.equal(await stage.replicas(), 1);
    assert.equal((await stage.elastiService()).status?.phase, 'Asleep', 'nobody is there to say otherwise');

    stage.step('Metacontroller is back');
    await metacontroller.start();
    await stage.untilPhase('Serving');
    await stage.untilWakeServed();
    await until('the slices to be gone', async () => (await stage.ourSlices()).length === 0);
  },
};
