import assert from 'node:assert/strict';
import type { KubeObject } from '../cluster/kube-object.ts';
import { urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { makeElastiService } from '../stage/manifests.ts';
import { DEPLOYMENTS } from '../stage/objects.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';

const ROLLOUTS = 'argoproj.io/v1alpha1/rollouts';
type Rollout = KubeObject & { readonly spec: { readonly replicas: number } };

export const rollout: Story = {
  name: 'an Argo Rollout, and the legacy spellings of kinds, are scaled through /scale',
  slug: 'rollout',
  async tell(stage) {
    const apiVersion = 'argoproj.io/v1alpha1';
    const argo = { apiVersion, name: 'web' };
    await standInForArgo(stage);
    await stage.apply({ apiVersion, kind: 'Rollout', metadata: { name: 'web' }, spec: { replicas: 1 } });
    await stage.startApp();
    await stage.startApp({ name: 'old' });

    stage.step('kinds as they are, and as KubeElasti spelled them');
    await stage.apply(makeElastiService(stage.namespace, { target: { ...argo, kind: 'rollouts' } }));
    const legacy = { apiVersion: 'apps/v1', kind: 'deployments', name: 'old' };
    await stage.apply(makeElastiService(stage.namespace, { service: 'old', target: legacy }));
    await stage.untilPhase('Asleep', { reason: 'SleptByElasti' });
    await stage.untilPhase('Asleep', { name: 'old', reason: 'SleptByElasti' });
    assert.equal(await stage.replicas(ROLLOUTS), 0);
    assert.equal(await stage.replicas(DEPLOYMENTS, 'old'), 0);

    stage.step('both wake');
    for (const app of ['web', 'old']) await stage.untilNoPods(app);
    for (const answer of await Promise.all([stage.ask(), stage.ask('old')]))
      assert.equal(answer.status, 200, answer.text);
    assert.equal(await stage.replicas(ROLLOUTS), 1);

    stage.step('the kind in its canonical spelling');
    await stage.apply(makeElastiService(stage.namespace, { target: { ...argo, kind: 'Rollout' } }));
    await until('it to sleep again', async () => (await stage.replicas(ROLLOUTS)) === 0, { timeoutMs: 120_000 });
  },
};

/** Lets the pods, which a Deployment of the same name keeps, be as many as the Rollout wants. */
async function standInForArgo({ api, namespace, onLeave }: Stage): Promise<void> {
  const follow = async (replicas: number) => {
    const path = urlOf(DEPLOYMENTS, namespace, 'web', 'scale');
    await until('the pods of the Rollout to follow', () => api.call('PATCH', path, { spec: { replicas } }));
  };
  const watching = api.watch<Rollout>(urlOf(ROLLOUTS, namespace), ({ object }) => void follow(object.spec.replicas));
  await watching.synced;
  onLeave(watching.stop);
}
