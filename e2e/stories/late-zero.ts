import assert from 'node:assert/strict';
import type { KubeObject } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { type DelayingProxy, startDelayingProxy } from '../stage/delaying-proxy.ts';
import { makeElastiService } from '../stage/manifests.ts';
import { DEPLOYMENTS } from '../stage/objects.ts';
import { type SecondHook, startSecondHook } from '../stage/second-hook.ts';
import type { Stage } from '../stage/stage.ts';
import type { Story } from '../stage/story.ts';

// A replica of the service is about to scale to zero; its write is held up on the way. Meanwhile a request wakes the
// service through another replica, which finds replicas above 0. Then the write arrives.

export const zeroAfterWake: Story = {
  name: 'a zero that arrives after a wake is undone by whoever wrote it',
  slug: 'zero-after-wake',
  tell: (stage) => tellLateZero(stage, { hookPort: 18080, serverPort: 18013, isWriterWaiting: true }),
};

export const zeroAfterTimeout: Story = {
  name: 'a zero that arrives after a wake, and after its writer gave up on it, is undone by the next sync',
  slug: 'zero-after-timeout',
  tell: (stage) => tellLateZero(stage, { hookPort: 18081, serverPort: 18014, isWriterWaiting: false }),
};

interface LateZeroOptions {
  readonly hookPort: number;
  readonly serverPort: number;
  /** Whether the writer still waits for the answer when the write arrives. */
  readonly isWriterWaiting: boolean;
}

async function tellLateZero(stage: Stage, { isWriterWaiting, ...ports }: LateZeroOptions): Promise<void> {
  const { namespace, environment } = stage;
  const proxy = await startDelayingProxy({
    layout: environment.layout,
    isHeld: ({ method, path }) => method === 'PATCH' && path.includes('/scale'),
  });
  stage.onLeave(proxy.close);
  const hook = await startSecondHook(stage, { name: `second-hook-${namespace}`, ...ports, apiServer: proxy.url });
  stage.onLeave(hook.stop);
  await stage.startApp();
  const deployments = await stage.record<KubeObject & { spec: { replicas: number } }>(DEPLOYMENTS);
  await stage.apply(makeElastiService(namespace, { cooldownSeconds: 3 }));
  await stage.untilPhase('Serving');

  stage.step('the second replica is about to write zero');
  const { writing } = await writeZeroEarly(hook, proxy);

  stage.step('a request wakes the service');
  await wake(stage);
  if (!isWriterWaiting) await writing;
  assert.equal(await stage.replicas(), 1);
  assert.equal(await proxy.release(), 200, 'the late zero is accepted');

  stage.step('the service comes up again');
  await writing;
  await until('the target to be raised', async () => (await stage.replicas()) > 0);
  await stage.keepUp();
  const answer = await stage.ask();
  assert.equal(answer.status, 200, answer.text);
  await stage.untilWakeServed();
  assert.ok((await stage.replicas()) > 0);
  const replicas = deployments.map(({ object }) => object.spec.replicas);
  const zeroAt = replicas.indexOf(0);
  assert.ok(zeroAt >= 0 && replicas.slice(zeroAt).some((count) => count > 0), `replicas went ${replicas.join()}`);
}

/** Asks the second replica, whose drain is shorter, until its zero is on the way. */
async function writeZeroEarly(hook: SecondHook, proxy: DelayingProxy) {
  let isHolding = false;
  void proxy.holding.then(() => {
    isHolding = true;
  });
  return until(
    'the second replica to write zero',
    async () => {
      const writing = hook.sync();
      await Promise.race([writing, proxy.holding]);
      return isHolding && { writing };
    },
    { timeoutMs: 120_000, everyMs: 50 },
  );
}

/** What the resolver does for a request that it holds; the answer means that the wake will not be forgotten. */
async function wake({ namespace }: Stage): Promise<void> {
  const url = 'http://elasti-operator-controller-service.elasti.svc.cluster.local:8013/informer/incoming-request';
  const body = JSON.stringify({ count: 1, svc: 'web', namespace });
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  assert.equal(response.status, 200, await response.text());
}
