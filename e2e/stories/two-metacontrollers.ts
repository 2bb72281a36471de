import assert from 'node:assert/strict';
import { urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';
import { WAIT_MS } from '../stage/waits.ts';

export const twoMetacontrollers: Story = {
  name: 'of two Metacontrollers one leads; when it is killed the other takes over, with the rights that are shipped',
  slug: 'two-metacontrollers',
  isAlone: true,
  needsRealMetacontroller: true,
  async tell(stage) {
    const { metacontroller } = stage.environment;
    stage.onLeave(() => metacontroller.start());
    await metacontroller.stop();
    const first = await metacontroller.startElected(0);
    stage.onLeave(() => first.stop());
    const leader = await untilLed(stage, () => true);
    const second = await metacontroller.startElected(1);
    stage.onLeave(() => second.stop());
    await stage.startAsleep();
    assert.equal(await leaderOf(stage), leader);

    stage.step('the leader is killed');
    first.signal('SIGKILL');
    assert.equal((await stage.ask()).status, 200, 'a wake needs no Metacontroller');
    await untilLed(stage, (holder) => holder !== leader);
    await stage.untilPhase('Serving');
    await stage.untilNoSlices();
  },
};

const leaderOf = async ({ api }: Stage): Promise<string | undefined> => {
  const path = urlOf('coordination.k8s.io/v1/leases', 'metacontroller', 'metacontroller');
  const lease = await api.call<{ spec: { holderIdentity?: string } }>('GET', path).catch((error) => {
    if (error.status === 404) return undefined;
    throw error;
  });
  return lease?.spec.holderIdentity || undefined;
};

function untilLed(stage: Stage, isIt: (leader: string) => boolean): Promise<string> {
  const probe = async () => {
    const leader = await leaderOf(stage);
    return leader !== undefined && isIt(leader) ? leader : undefined;
  };
  return until('a Metacontroller to lead', probe, { timeoutMs: WAIT_MS });
}
