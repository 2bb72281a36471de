import assert from 'node:assert/strict';
import { urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { SYSTEM_NAMESPACE, untilAvailable } from '../environment/environment.ts';
import { makeElastiService } from '../stage/manifests.ts';
import { ELASTI_SERVICES, type ElastiServiceObject, SLICES, type Slice } from '../stage/objects.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';

const RESOLVER = 'elasti-resolver';

export const resolverReplaced: Story = {
  name: 'slices follow the resolver; when all of them are gone, what sleeps is woken and nothing falls asleep',
  slug: 'resolver-replaced',
  // Of KubeElasti's only one can run here.
  resolvers: ['stand-in', 'own'],
  isAlone: true,
  async tell(stage) {
    const { api, namespace, environment } = stage;
    await stage.startAsleep();
    await stage.startApp({ name: 'busy' });
    await stage.traffic('busy', 5);
    await stage.apply(makeElastiService(namespace, { service: 'busy' }));
    await stage.untilPhase('Serving', { name: 'busy' });

    stage.step('all resolvers are replaced');
    const before = await resolverAddresses(stage);
    await environment.kubectl('rollout', 'restart', 'deployment', RESOLVER, '--namespace', SYSTEM_NAMESPACE);
    await until(
      'slices with the new resolvers alone',
      async () => {
        const now = await resolverAddresses(stage);
        const inSlices = addressesOf(await stage.ourSlices());
        return now.length === 2 && now.every((address) => !before.includes(address)) && inSlices.join() === now.join();
      },
      { timeoutMs: 120_000 },
    );
    assert.equal(await stage.replicas(), 0);

    stage.step('all resolvers are gone');
    stage.onLeave(async () => {
      await scaleResolver(stage, 2);
      await untilAvailable(api, RESOLVER);
    });
    await scaleResolver(stage, 0);
    const events = await stage.record<ElastiServiceObject>(ELASTI_SERVICES);
    await stage.traffic('busy', 0);
    await until('the target to be raised', async () => (await stage.replicas()) === 1, { timeoutMs: 120_000 });
    await until('the reason', async () => (await stage.elastiService()).status?.wokenBy === 'ResolverGone');
    await stage.untilDirect();
    await stage.untilReason('SleepAllowed', 'ResolverNotReady', 'busy');
    const phases = events
      .filter(({ object }) => object.metadata.name === 'busy')
      .map(({ object }) => object.status?.phase);
    assert.deepEqual([...new Set(phases)], ['Serving']);

    stage.step('the resolvers are back');
    await scaleResolver(stage, 2);
    await untilAvailable(api, RESOLVER);
    await stage.untilPhase('Asleep', { name: 'busy', reason: 'SleptByElasti' });
    const answer = await stage.ask('busy');
    assert.equal(answer.status, 200, answer.text);
  },
};

async function scaleResolver({ environment }: Stage, replicas: number): Promise<void> {
  await environment.kubectl('scale', 'deployment', RESOLVER, `--replicas=${replicas}`, '--namespace', SYSTEM_NAMESPACE);
}

/** Of the one family that the story's Service has; the resolver may have both. */
async function resolverAddresses({ api }: Stage): Promise<readonly string[]> {
  const selector = encodeURIComponent('kubernetes.io/service-name=elasti-resolver-service');
  const path = `${urlOf(SLICES, SYSTEM_NAMESPACE)}?labelSelector=${selector}`;
  const { items } = await api.call<{ items: readonly Slice[] }>('GET', path);
  return addressesOf(items.filter(({ addressType }) => addressType === 'IPv4'));
}

function addressesOf(slices: readonly Slice[]): readonly string[] {
  const ready = slices.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions.ready);
  return ready.flatMap(({ addresses }) => addresses).sort();
}
