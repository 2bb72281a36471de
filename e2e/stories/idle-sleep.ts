import assert from 'node:assert/strict';
import { isOurSlice } from '../../src/core/observe.ts';
import type { KubeObject } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { SETTINGS } from '../environment/environment.ts';
import { makeElastiService } from '../stage/manifests.ts';
import { DEPLOYMENTS, ELASTI_SERVICES, type ElastiServiceObject, SLICES } from '../stage/objects.ts';
import type { Story } from '../stage/story.ts';

type Scaled = KubeObject & { readonly spec: { readonly replicas: number } };

export const idleSleep: Story = {
  name: 'an idle trigger puts a service to sleep: slices first, replicas last',
  slug: 'idle-sleep',
  async tell(stage) {
    const { namespace } = stage;
    await stage.startApp();
    const deployments = await stage.record<Scaled>(DEPLOYMENTS);
    const slices = await stage.record(SLICES);
    const parents = await stage.record<ElastiServiceObject>(ELASTI_SERVICES);

    stage.step('the service falls asleep');
    await stage.apply(makeElastiService(namespace));
    const asleep = await stage.untilPhase('Asleep', { reason: 'SleptByElasti' });
    assert.equal(asleep.status?.sleptBy, 'elasti');
    assert.equal(asleep.status?.mode, 'proxy');
    assert.equal(await stage.replicas(), 0);

    stage.step('the order of events is right');
    const zero = deployments.find(({ object }) => object.spec.replicas === 0);
    const slice = slices.find(({ object }) => isOurSlice(object));
    const redirected = parents.find(
      ({ object: { status } }) => status?.phase === 'Draining' && status.redirectedSince !== undefined,
    );
    assert.ok(zero && slice && redirected);
    assert.ok(slice.revision < redirected.revision, 'a drain counts from what was observed');
    assert.ok(redirected.revision < zero.revision, 'replicas go to 0 only after that');
    assert.ok(zero.atMs - slice.atMs >= SETTINGS.drainSeconds * 1000, 'and not before the drain time is over');
    const isEverGone = slices.some(({ type, object }) => type === 'DELETED' && isOurSlice(object));
    assert.ok(!isEverGone);

    stage.step('kubectl tells what happened');
    await until('the Events in kubectl describe', async () => {
      const described = await stage.kubectl('describe', 'elastiservice', 'web');
      return described.includes('Draining') && described.includes('FellAsleep');
    });
    const [line] = (await stage.kubectl('get', 'elastiservice', 'web', '--no-headers')).split('\n');
    assert.match(line ?? '', /proxy.*Asleep/);
  },
};
