import assert from 'node:assert/strict';
import { until } from '../cluster/wait.ts';
import type { Story } from '../stage/story.ts';

export const statusWiped: Story = {
  name: 'a status that was wiped by hand while asleep costs no request',
  slug: 'status-wiped',
  async tell(stage) {
    await stage.startAsleep();
    const wipe = () =>
      stage.kubectl(
        'patch',
        'elastiservice',
        'web',
        '--subresource=status',
        '--type=merge',
        '--patch',
        '{"status":null}',
      );

    stage.step('wiped while asleep');
    await wipe();
    // A status of ours comes back only with the next sync, which nothing else asks for.
    await until('the status to be back', async () => (await stage.elastiService()).status?.phase === 'Asleep', {
      timeoutMs: 120_000,
    });
    assert.equal((await stage.elastiService()).status?.sleptBy, 'elasti');

    stage.step('wiped again, just when requests come');
    const stopAsking = stage.keepAsking();
    await wipe();
    await stage.untilPhase('Serving');
    await until('the slices to be gone', async () => (await stage.ourSlices()).length === 0);
    await stage.untilDirect();
    const answers = await stopAsking();
    assert.deepEqual(
      answers.filter(({ status }) => status !== 200),
      [],
    );
    stage.figure(`requests while a status was wiped: ${answers.length}, lost: 0`);
  },
};
