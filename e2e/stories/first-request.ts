import assert from 'node:assert/strict';
import type { KubeObject } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { isResolverMarking } from '../stage/client.ts';
import { DEPLOYMENTS } from '../stage/objects.ts';
import type { Story } from '../stage/story.ts';

type Scaled = KubeObject & { readonly spec: { readonly replicas: number } };

export const firstRequest: Story = {
  name: 'the first request is held, wakes the service and is answered by its pod',
  slug: 'first-request',
  async tell(stage) {
    await stage.startAsleep({ minTargetReplicas: 2, app: { annotations: { 'e2e.elasti.dev/start-delay-ms': '700' } } });
    const deployments = await stage.record<Scaled>(DEPLOYMENTS);

    stage.step('a client asks');
    const askedAtMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 10 }, () => stage.ask()));
    for (const { status, text, resolver, pod } of answers) {
      assert.equal(status, 200, text);
      assert.ok(resolver?.startsWith('elasti-resolver-') || !isResolverMarking, 'it was held');
      assert.ok(pod?.startsWith('web-'), 'and answered by a pod');
    }
    const raised = deployments.find(({ object }) => object.spec.replicas > 0);
    assert.equal(raised?.object.spec.replicas, 2);
    const latest = Math.max(...answers.map(({ ms }) => ms));
    stage.figure(`first of 10 held requests -> replicas raised: ${Math.round(raised.atMs - askedAtMs)} ms`);
    stage.figure(`10 held requests, pods starting after 700 ms: last answered after ${Math.round(latest)} ms`);

    stage.step('it goes back to serving by itself');
    await stage.untilWakeServed();
    const { status } = await stage.untilPhase('Serving');
    assert.equal(status?.wokenBy, 'Wake');
    assert.equal(status?.sleptBy, undefined);
    await stage.untilNoSlices();
    await until('requests to bypass the resolver', async () => {
      const answer = await stage.ask();
      assert.equal(answer.status, 200, answer.text);
      return answer.resolver === undefined;
    });
  },
};
