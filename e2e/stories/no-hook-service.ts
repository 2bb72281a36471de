import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { SYSTEM_NAMESPACE, untilAvailable } from '../environment/environment.ts';
import { RESOLVER_USER, readAudit } from '../stage/audit.ts';
import { makeElastiService } from '../stage/manifests.ts';
import { WAKE_ANNOTATION } from '../stage/objects.ts';
import { rightsUsed } from '../stage/rights.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';
import { WAIT_MS } from '../stage/waits.ts';

const HOOK_SERVICE = 'elasti-operator-controller';
const RESOLVER = 'elasti-resolver';
const RAISES_SCALE = join(import.meta.dirname, '../../manifests/resolver/raises-scale/rbac.yaml');

export const noHookService: Story = {
  name: 'with no hook service the resolver records the wake, and where it is allowed to, raises the target itself',
  slug: 'no-hook-service',
  isAlone: true,
  resolvers: ['own'],
  async tell(stage) {
    const { api, environment } = stage;
    await stage.startAsleep();
    await stage.startApp({ name: 'scaled' });
    const scaledObject = { apiVersion: 'keda.sh/v1alpha1', kind: 'ScaledObject', metadata: { name: 'scaled' } };
    await stage.apply({ ...scaledObject, spec: { scaleTargetRef: { name: 'scaled' }, minReplicaCount: 1 } });
    const autoscaler = { type: 'keda', name: 'scaled' };
    await stage.apply(makeElastiService(stage.namespace, { service: 'scaled', autoscaler }));
    await stage.untilPhase('Asleep', { name: 'scaled', reason: 'SleptByElasti' });
    await stage.untilNoPods('scaled');

    stage.step('no replica is left, and a client asks');
    stage.onLeave(() => scaleHooks(stage, 2));
    await scaleHooks(stage, 0);
    const asking = stage.ask('web', { timeoutMs: WAIT_MS });
    const tokenOf = async (name: string) => (await stage.elastiService(name)).metadata.annotations?.[WAKE_ANNOTATION];
    await until('the resolver to write the token', () => tokenOf('web'), { timeoutMs: WAIT_MS });
    assert.equal(await stage.replicas(), 0);

    stage.step('it is back, and answers what was held');
    await scaleHooks(stage, 2);
    const answer = await asking;
    assert.equal(answer.status, 200, answer.text);
    await stage.untilPhase('Serving');

    stage.step('the same with the right to raise');
    await api.apply(readFileSync(RAISES_SCALE, 'utf8'));
    stage.onLeave(() => environment.kubectl('delete', 'clusterrolebinding', 'elasti-resolver-raises-scale'));
    stage.onLeave(() => setRaises(stage, '-'));
    const resolversOf = async () =>
      (await stage.ourSlices('scaled')).flatMap(({ endpoints }) => (endpoints ?? []).flatMap((each) => each.addresses));
    const before = await resolversOf();
    await setRaises(stage, '=true');
    await until('slices that name the new resolvers alone', async () => {
      const now = await resolversOf();
      return now.length === 2 && now.every((address) => !before.includes(address));
    });
    await scaleHooks(stage, 0);
    const raised = await stage.ask('scaled', { timeoutMs: WAIT_MS });
    assert.equal(raised.status, 200, raised.text);
    const calls = await readAudit(environment.cluster.auditLog, ({ user }) => user.username === RESOLVER_USER);
    const used = rightsUsed(calls);
    for (const right of ['get apps/deployments/scale', 'patch apps/deployments/scale', 'patch keda.sh/scaledobjects'])
      assert.ok(used.has(right), right);
    await scaleHooks(stage, 2);
    await stage.untilPhase('Serving', { name: 'scaled' });
  },
};

async function scaleHooks({ environment, api }: Stage, replicas: number): Promise<void> {
  const args = ['scale', 'deployment', HOOK_SERVICE, `--replicas=${replicas}`, '--namespace', SYSTEM_NAMESPACE];
  await environment.kubectl(...args);
  await untilAvailable(api, HOOK_SERVICE);
  if (replicas > 0) return;
  const ofHookService = `labelSelector=${encodeURIComponent(`app.kubernetes.io/name=${HOOK_SERVICE}`)}`;
  // Those that end still answer for a while.
  await until('no pod of the hook service', async () => {
    const path = `${urlOf('v1/pods', SYSTEM_NAMESPACE)}?${ofHookService}`;
    return (await api.call<{ items: readonly object[] }>('GET', path)).items.length === 0;
  });
}

async function setRaises({ environment, api }: Stage, value: string): Promise<void> {
  const setting = `RESOLVER_RAISES_SCALE${value}`;
  await environment.kubectl('set', 'env', `deployment/${RESOLVER}`, setting, '--namespace', SYSTEM_NAMESPACE);
  await untilAvailable(api, RESOLVER);
}
