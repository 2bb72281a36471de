import assert from 'node:assert/strict';
import { urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { SYSTEM_NAMESPACE, untilAvailable } from '../environment/environment.ts';
import { WAKE_ANNOTATION } from '../stage/objects.ts';
import { signalPod } from '../stage/pod-processes.ts';
import type { Story } from '../stage/story.ts';

export const hookKilled: Story = {
  name: 'a wake goes on when every replica of the service is killed in the middle of it',
  slug: 'hook-killed',
  isAlone: true,
  async tell(stage) {
    const { api } = stage;
    await stage.startAsleep({ app: { annotations: { 'e2e.elasti.dev/start-delay-ms': '1500' } } });
    const selector = encodeURIComponent('app.kubernetes.io/name=elasti-operator-controller');
    const path = `${urlOf('v1/pods', SYSTEM_NAMESPACE)}?labelSelector=${selector}`;
    const { items } = await api.call<{ items: readonly { metadata: { name: string } }[] }>('GET', path);
    assert.equal(items.length, 2);

    stage.step('a client asks; as soon as the wake is recorded, all replicas die');
    const asking = stage.ask();
    const isRecorded = async () => (await stage.elastiService()).metadata.annotations?.[WAKE_ANNOTATION];
    await until('the wake token', isRecorded, { everyMs: 2 });
    for (const { metadata } of items) signalPod(metadata.name, 'SIGKILL');

    const answer = await asking;
    assert.equal(answer.status, 200, answer.text);
    stage.step(`answered after ${Math.round(answer.ms)} ms`);
    await untilAvailable(api, 'elasti-operator-controller');
    stage.step('all replicas are back');
    await stage.untilPhase('Serving');
    await stage.untilWakeServed();
    assert.equal(await stage.replicas(), 1);
  },
};
