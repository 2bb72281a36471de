import { get } from 'node:http';
import type { KubeApi } from '../api.ts';
import { type KubeObject, urlOf } from '../kube-object.ts';

interface PodList {
  readonly items: readonly (KubeObject & { status: { phase: string; podIP?: string } })[];
}

interface PodOptions {
  readonly metadata?: object;
  readonly env?: Readonly<Record<string, string>>;
  readonly volumeMounts?: readonly object[];
  readonly container?: object;
  readonly volumes?: readonly object[];
  readonly serviceAccountName?: string;
  readonly restartPolicy?: string;
}

export function makePod(name: string, command: readonly string[], options: PodOptions = {}): object {
  const { metadata = {}, env = {}, volumeMounts = [], container = {}, restartPolicy = 'Never', ...spec } = options;
  const variables = Object.entries(env).map(([variable, value]) => ({ name: variable, value }));
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: {
      ...spec,
      restartPolicy,
      containers: [{ name: 'app', image: 'none', command, env: variables, volumeMounts, ...container }],
    },
  };
}

export async function scale(api: KubeApi, name: string, replicas: number): Promise<void> {
  await api.call('PATCH', urlOf('apps/v1/deployments', 'default', name, 'scale'), { spec: { replicas } });
}

export async function podsOf(api: KubeApi, app: string): Promise<PodList['items']> {
  return (await api.call<PodList>('GET', `${urlOf('v1/pods', 'default')}?labelSelector=app%3D${app}`)).items;
}

export function ask(host: string, port = 80, path = '/'): Promise<{ pod: string; n: number }> {
  return new Promise((resolve, reject) => {
    const request = get({ host, port, path, agent: false, timeout: 2_000 }, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      if (response.statusCode === 200) resolve(JSON.parse(text));
      else reject(new Error(`${response.statusCode} ${text}`));
    });
    request.on('error', reject).on('timeout', () => request.destroy(new Error('no answer within 2 s')));
  });
}
