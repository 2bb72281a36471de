import assert from 'node:assert/strict';
import { PAUSED_ANNOTATION, PAUSED_BY_ANNOTATION, PAUSED_REPLICAS_ANNOTATION } from '../../src/api/keda.ts';
import { until } from '../cluster/wait.ts';
import { makeElastiService } from '../stage/manifests.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';

const SCALED_OBJECTS = 'keda.sh/v1alpha1/scaledobjects';

export const keda: Story = {
  name: 'a KEDA ScaledObject is paused while asleep, by our mark alone; the pause of a person stays',
  slug: 'keda',
  async tell(stage) {
    const services = ['web', 'resting', 'greedy'];
    await Promise.all(services.map((name) => stage.startApp({ name })));
    await stage.apply(
      makeScaledObject('web', { minReplicaCount: 1 }),
      makeScaledObject('resting', { minReplicaCount: 1, annotations: { [PAUSED_ANNOTATION]: 'true' } }),
      makeScaledObject('greedy', { minReplicaCount: 0 }),
      ...services.map((service) =>
        makeElastiService(stage.namespace, { service, autoscaler: { type: 'keda', name: service } }),
      ),
    );

    stage.step('ours is paused with our mark and sleeps, the other two stay up and say why');
    const asleep = await stage.untilPhase('Asleep', { reason: 'SleptByElasti' });
    const paused = await annotationsOf(stage, 'web');
    assert.equal(paused[PAUSED_ANNOTATION], 'true');
    assert.equal(paused[PAUSED_BY_ANNOTATION], asleep.metadata.uid);
    assert.equal(paused[PAUSED_REPLICAS_ANNOTATION], undefined);
    await stage.untilReason('SleepAllowed', 'KedaPausedByOther', 'resting');
    await stage.untilReason('SleepAllowed', 'KedaScalesToZero', 'greedy');

    stage.step('a wake unpauses');
    await stage.untilNoPods();
    const answer = await stage.ask();
    assert.equal(answer.status, 200, answer.text);
    await until('the pause and the mark to be gone', async () => {
      const annotations = await annotationsOf(stage, 'web');
      return annotations[PAUSED_ANNOTATION] === undefined && annotations[PAUSED_BY_ANNOTATION] === undefined;
    });

    stage.step('the others were left alone');
    for (const name of ['resting', 'greedy']) {
      assert.equal(await stage.replicas(undefined, name), 1);
      assert.equal((await stage.elastiService(name)).status?.phase, 'Serving');
    }
    assert.deepEqual(await annotationsOf(stage, 'resting'), { [PAUSED_ANNOTATION]: 'true' });
    assert.deepEqual(await annotationsOf(stage, 'greedy'), {});
  },
};

interface ScaledObjectOptions {
  readonly minReplicaCount: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

function makeScaledObject(name: string, { minReplicaCount, annotations = {} }: ScaledObjectOptions): object {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name, annotations },
    spec: { scaleTargetRef: { name }, minReplicaCount },
  };
}

async function annotationsOf(stage: Stage, name: string): Promise<Readonly<Record<string, string>>> {
  const { metadata } = await stage.get(SCALED_OBJECTS, name);
  return metadata.annotations ?? {};
}
