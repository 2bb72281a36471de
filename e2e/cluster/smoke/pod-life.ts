import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeApi } from '../api.ts';
import { type KubeObject, urlOf } from '../kube-object.ts';
import { makeSampleApp } from '../sample-app-manifest.ts';
import { until } from '../wait.ts';
import { ask, makePod, podsOf, scale } from './pods.ts';

export async function startPods(api: KubeApi): Promise<void> {
  const times: number[] = [];
  for (let n = 0; n < 5; n++) {
    const ready = Promise.withResolvers<void>();
    const name = `start-${n}`;
    const watching = api.watch<KubeObject & { status: { conditions?: { type: string; status: string }[] } }>(
      urlOf('v1/pods', 'default'),
      ({ object }) => {
        const isReady = object.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
        if (object.metadata.name === name && isReady) ready.resolve();
      },
    );
    await watching.synced;
    const startedAt = performance.now();
    await api.apply(makePod(name, ['sleep', '60']));
    await ready.promise;
    times.push(Math.round(performance.now() - startedAt));
    watching.stop();
    await api.remove(urlOf('v1/pods', 'default', name), { gracePeriodSeconds: 1 });
  }
  process.stdout.write(`smoke:   ${times.join(', ')} ms\n`);
}

export async function neverReady(api: KubeApi): Promise<void> {
  await api.apply(makeSampleApp({ name: 'shy', annotations: { 'e2e.elasti.dev/never-ready': 'true' } }));
  const [pod] = await until('the pod to answer', async () => {
    const pods = await podsOf(api, 'shy');
    return pods[0]?.status.podIP && (await ask(pods[0].status.podIP, 8080)) ? pods : undefined;
  });
  // Several probe periods, and time for the slice to follow.
  await sleep(500);
  const slices = await api.call<{ items: { endpoints?: { conditions: { ready: boolean } }[] }[] }>(
    'GET',
    `${urlOf('discovery.k8s.io/v1/endpointslices', 'default')}?labelSelector=kubernetes.io/service-name%3Dshy`,
  );
  assert.ok(slices.items.every(({ endpoints }) => endpoints?.every(({ conditions }) => !conditions.ready) ?? true));
  const annotations = { 'e2e.elasti.dev/never-ready': null };
  await api.call('PATCH', urlOf('v1/pods', 'default', pod?.metadata.name), { metadata: { annotations } });
  await until('an answer after the annotation is taken away', () => ask('shy.default'), { everyMs: 20 });
}

export async function crashing(api: KubeApi): Promise<void> {
  const annotations = { 'e2e.elasti.dev/restart-delay-ms': '20' };
  await api.apply(makePod('crash', ['sh', '-c', 'exit 3'], { metadata: { annotations }, restartPolicy: 'Always' }));
  await until('three restarts', async () => {
    const { status } = await api.call<{ status: { containerStatuses?: { restartCount: number }[] } }>(
      'GET',
      urlOf('v1/pods', 'default', 'crash'),
    );
    return (status.containerStatuses?.[0]?.restartCount ?? 0) >= 3;
  });
  await api.remove(urlOf('v1/pods', 'default', 'crash'));
}

export async function drain(api: KubeApi): Promise<void> {
  const [pod] = makeSampleApp({ name: 'slow', env: { ON_TERM: 'drain' } });
  await api.apply([pod ?? {}]);
  const ip = await until('the pod to answer', async () => {
    const podIP = (await podsOf(api, 'slow'))[0]?.status.podIP;
    return podIP && (await ask(podIP, 8080)) && podIP;
  });
  const answer = ask(ip, 8080, '/?ms=700');
  // The request has to be there before the signal.
  await ask(ip, 8080);
  await scale(api, 'slow', 0);
  assert.ok((await answer).n >= 1);
  await until('the pod to be gone', async () => (await podsOf(api, 'slow')).length === 0, { everyMs: 20 });
}

export async function preStop(api: KubeApi): Promise<void> {
  const hook = { lifecycle: { preStop: { sleep: { seconds: 1 } } } };
  await api.apply(makePod('polite', ['sleep', '60'], { container: hook }));
  const url = urlOf('v1/pods', 'default', 'polite');
  await until('the pod to run', async () => {
    const { status } = await api.call<{ status: { phase: string } }>('GET', url);
    return status.phase === 'Running';
  });
  const startedAt = performance.now();
  await api.remove(url);
  await until(
    'the pod to be gone',
    () =>
      api.call('GET', url).then(
        () => false,
        (error) => error.status === 404,
      ),
    {
      everyMs: 20,
    },
  );
  const tookMs = performance.now() - startedAt;
  assert.ok(tookMs >= 950 && tookMs < 2_500, `took ${Math.round(tookMs)} ms`);
}
