import assert from 'node:assert/strict';
import { until } from '../cluster/wait.ts';
import { makeElastiService } from '../stage/manifests.ts';
import { ELASTI_SERVICES, type ElastiServiceObject } from '../stage/objects.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';

export const byHand: Story = {
  name: 'what a person scales by hand stays so: zero until a request, three for good',
  slug: 'by-hand',
  async tell(stage) {
    await stage.startApp();
    // Only people act here: the trigger is idle, and the cooldown never over.
    await stage.apply(makeElastiService(stage.namespace, { cooldownSeconds: 3600 }));
    await stage.untilPhase('Serving');

    stage.step('a person scales to zero');
    await scaleToZero(stage);
    await staysAsleep(stage);
    assert.equal((await stage.ask()).status, 200);
    await stage.untilPhase('Serving');
    assert.equal(await stage.replicas(), 1);

    stage.step('a person scales to zero again, after a wake that was served');
    await scaleToZero(stage);
    await staysAsleep(stage);

    stage.step('a person scales to three');
    await stage.kubectl('scale', 'deployment', 'web', '--replicas=3');
    const { status } = await stage.untilPhase('Serving');
    assert.equal(status?.wokenBy, 'Other');
    assert.equal(status?.foreignRaises, undefined, 'a zero that was not ours is nobody to fight about');
    await stage.untilNoSlices();
    assert.equal(await stage.replicas(), 3);
    await stage.untilDirect();
  },
};

async function scaleToZero(stage: Stage): Promise<void> {
  await stage.kubectl('scale', 'deployment', 'web', '--replicas=0');
  const { status } = await stage.untilPhase('Asleep', { reason: 'ScaledToZeroByOther' });
  assert.equal(status?.sleptBy, undefined);
  // A Service that is new has its port opened by each resolver first.
  await until('a slice, so that a request is held', async () => (await stage.ourSlices()).length === 1);
  await stage.untilNoPods();
}

/** Makes it be looked at anew a few times, since time alone is no reason to. */
async function staysAsleep(stage: Stage): Promise<void> {
  const events = await stage.record<ElastiServiceObject>(ELASTI_SERVICES);
  for (const minTargetReplicas of [2, 3, 1]) {
    await stage.kubectl(
      'patch',
      'elastiservice',
      'web',
      '--type=merge',
      '--patch',
      JSON.stringify({ spec: { minTargetReplicas } }),
    );
    await until('the change to be seen', async () => {
      const { metadata, status } = await stage.elastiService();
      return status?.observedGeneration === metadata.generation;
    });
  }
  assert.ok(events.every(({ object }) => object.status?.phase === 'Asleep'));
  assert.equal(await stage.replicas(), 0);
}
