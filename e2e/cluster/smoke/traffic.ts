import { lookup } from 'node:dns/promises';
import type { KubeApi } from '../api.ts';
import { makeSampleApp } from '../sample-app-manifest.ts';
import { until } from '../wait.ts';
import { ask, podsOf, scale } from './pods.ts';

export async function twoReplicasAnswer(api: KubeApi, ipv6: boolean): Promise<void> {
  await api.apply(makeSampleApp({ name: 'web', replicas: 2, dualStack: ipv6 }));
  const seen = new Set<string>();
  await until(
    'answers from both pods',
    async () => seen.add((await ask('web.default.svc.cluster.local')).pod).size === 2,
    {
      everyMs: 20,
    },
  );
  if (!ipv6) return;
  const { address } = await lookup('web.default', { family: 6 });
  await until('an answer over IPv6', () => ask(address), { everyMs: 20 });
}

export async function scaleToZero(api: KubeApi): Promise<void> {
  await scale(api, 'web', 0);
  await until('the pods to be gone', async () => (await podsOf(api, 'web')).length === 0, { everyMs: 20 });
  await until(
    'connections to be refused',
    () =>
      ask('web.default').then(
        () => false,
        () => true,
      ),
    { everyMs: 20 },
  );
}

export async function scaleToOne(api: KubeApi): Promise<void> {
  await scale(api, 'web', 1);
  await until('an answer', () => ask('web.default'), { everyMs: 20 });
}
