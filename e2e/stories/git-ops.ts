import assert from 'node:assert/strict';
import { run } from '../cluster/shell.ts';
import { until } from '../cluster/wait.ts';
import { makeApp, makeElastiService } from '../stage/manifests.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';
import { WAIT_MS } from '../stage/waits.ts';

/** As the two controllers apply: Flux by server-side apply under a name of its own, Argo CD as `kubectl apply` does. */
const CONTROLLERS = {
  flux: ['apply', '--server-side', '--field-manager=kustomize-controller', '--force-conflicts', '--filename', '-'],
  argo: ['apply', '--filename', '-'],
} as const;

export const gitOps: Story = {
  name: 'manifests without replicas are applied again and again while it sleeps; those with replicas are told of, and win',
  slug: 'git-ops',
  async tell(stage) {
    await stage.startAsleep();
    for (const controller of ['flux', 'argo'] as const) {
      stage.step(`${controller} applies a manifest without replicas, and one that is changed`);
      await applyAs(stage, controller, 'web', {});
      await applyAs(stage, controller, 'web', { labels: { version: controller } });
      const { metadata } = await stage.get('apps/v1/deployments', 'web');
      assert.equal(metadata.labels?.version, controller);
      assert.equal(await stage.replicas(), 0);
    }
    const { status } = await stage.elastiService();
    assert.equal(status?.phase, 'Asleep');
    assert.equal((await stage.ask()).status, 200);
    await stage.untilPhase('Serving');

    stage.step('flux applies one with replicas, each time that it sleeps');
    await stage.startApp({ name: 'fought' });
    await stage.apply(makeElastiService(stage.namespace, { service: 'fought' }));
    let raises = 0;
    const isContested = async () => {
      const { status: now } = await stage.elastiService('fought');
      if (now?.conditions?.some(({ reason }) => reason === 'ReplicasContested')) return true;
      if (now?.phase !== 'Asleep' || (await stage.replicas(undefined, 'fought')) > 0) return false;
      raises++;
      await applyAs(stage, 'flux', 'fought', { replicas: 1 });
      return false;
    };
    await until('it to be told of', isContested, { timeoutMs: 2 * WAIT_MS });
    assert.equal(raises, 4);
    await stage.untilPhase('Serving', { name: 'fought', reason: 'ReplicasContested' });
    assert.equal(await stage.replicas(undefined, 'fought'), 1);

    stage.step('they are left out from now on: it sleeps again, and stays so');
    await applyAs(stage, 'flux', 'fought', {});
    await stage.apply(makeElastiService(stage.namespace, { service: 'fought', cooldownSeconds: 3 }));
    await stage.untilPhase('Asleep', { name: 'fought', reason: 'SleptByElasti' });
    await applyAs(stage, 'flux', 'fought', {});
    assert.equal(await stage.replicas(undefined, 'fought'), 0);
  },
};

interface Change {
  readonly replicas?: number;
  readonly labels?: Readonly<Record<string, string>>;
}

async function applyAs(
  { namespace }: Stage,
  controller: keyof typeof CONTROLLERS,
  name: string,
  { replicas, labels = {} }: Change,
): Promise<void> {
  const [{ spec, metadata, ...deployment }] = makeApp({ name, namespace });
  const { replicas: _dropped, ...rest } = spec as { replicas?: number };
  const manifest = {
    ...deployment,
    metadata: { ...metadata, labels },
    spec: replicas === undefined ? rest : { ...rest, replicas },
  };
  await run('kubectl', CONTROLLERS[controller], JSON.stringify(manifest));
}
