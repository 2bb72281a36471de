import assert from 'node:assert/strict';
import { urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { SYSTEM_NAMESPACE, untilAvailable } from '../environment/environment.ts';
import { makeElastiService } from '../stage/manifests.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';

const HOOK_SERVICE = 'elasti-operator-controller';

export const observeOnly: Story = {
  name: 'while it only observes, Elasti says what would sleep and touches nothing, and wakes what slept before',
  slug: 'observe-only',
  isAlone: true,
  async tell(stage) {
    await stage.startAsleep({ service: 'before' });

    stage.step('told to observe only');
    stage.onLeave(() => setObserveOnly(stage, false));
    await setObserveOnly(stage, true);
    await stage.startApp();
    await stage.apply(makeElastiService(stage.namespace));
    await stage.untilReason('SleepAllowed', 'ObserveOnly');
    assert.equal(await stage.replicas(), 1);
    assert.deepEqual(await stage.ourSlices(), []);
    const { items } = await stage.api.call<{ items: { metadata: { name: string } }[] }>(
      'GET',
      urlOf('v1/services', stage.namespace),
    );
    assert.deepEqual(
      items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('elasti-web-')),
      [],
    );
    await until('the Event that says so', async () => (await stage.kubectl('get', 'events')).includes('WouldSleep'));

    stage.step('what slept before is held, and stays up once it is woken');
    assert.equal((await stage.ask('before')).status, 200);
    await stage.untilPhase('Serving', { name: 'before' });

    stage.step('told to act again');
    await setObserveOnly(stage, false);
    await stage.untilPhase('Asleep', { reason: 'SleptByElasti' });
  },
};

async function setObserveOnly({ environment, api }: Stage, isOn: boolean): Promise<void> {
  const setting = isOn ? 'OBSERVE_ONLY=true' : 'OBSERVE_ONLY-';
  await environment.kubectl('set', 'env', `deployment/${HOOK_SERVICE}`, setting, '--namespace', SYSTEM_NAMESPACE);
  await untilAvailable(api, HOOK_SERVICE);
}
