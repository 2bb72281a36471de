import { join } from 'node:path';
import type { SyncResponse } from '../../src/api/hooks.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { SETTINGS, SYSTEM_NAMESPACE } from '../environment/environment.ts';
import { type Program, startProgram, untilServes } from '../environment/programs.ts';
import { writeAccountKubeconfig } from '../environment/service-account.ts';
import { isOwnResolver } from './client.ts';
import { ELASTI_SERVICES, SLICES } from './objects.ts';
import type { Stage } from './stage.ts';

const REPOSITORY = join(import.meta.dirname, '../..');

export interface SecondHook {
  /** Calls /sync the way Metacontroller would now. */
  sync(): Promise<SyncResponse>;
  stop(): Promise<void>;
}

interface SecondHookOptions {
  readonly name: string;
  readonly hookPort: number;
  readonly serverPort: number;
  /** Where it finds the API server. Default: where all find it. */
  readonly apiServer?: URL;
  /** Whose rights it has. Default: the shipped account's. */
  readonly account?: { readonly namespace: string; readonly name: string };
  readonly environment?: Readonly<Record<string, string>>;
}

/** One more replica of the service, as a process that only a story talks to, under the shipped service account unless said otherwise. */
export async function startSecondHook(stage: Stage, options: SecondHookOptions): Promise<SecondHook> {
  const { api, namespace, environment } = stage;
  const { name, hookPort, serverPort, apiServer } = options;
  const shipped = { namespace: SYSTEM_NAMESPACE, name: 'elasti-operator-controller' };
  const account = { ...(options.account ?? shipped), ...(apiServer ? { server: apiServer } : {}) };
  const kubeconfig = await writeAccountKubeconfig(api, environment.layout, account);
  const hook: Program = startProgram(environment.layout, {
    name,
    command: [process.execPath, join(REPOSITORY, 'src/main.ts')],
    environment: {
      KUBECONFIG: kubeconfig,
      LISTEN_ADDRESS: '127.0.0.1',
      HOOK_PORT: String(hookPort),
      SERVER_PORT: String(serverPort),
      HOOK_TOKEN: environment.hookToken,
      PROMETHEUS_TRIGGER_SERVER_ADDRESS: environment.prometheusUrl,
      POLLING_INTERVAL: `${SETTINGS.pollSeconds}s`,
      // Shorter than the others', so that it is the one that writes zero.
      SLEEP_DRAIN_SECONDS: '1',
      WAKE_SETTLE_SECONDS: String(SETTINGS.settleSeconds),
      ...(isOwnResolver ? { RESOLVER_ROUTING: 'port' } : {}),
      ...options.environment,
    },
  });
  await untilServes(hook, () => fetch(`http://127.0.0.1:${serverPort}/healthz`));

  const listOf = async (kind: string, apiVersion: string, kindName: string, where: string) => {
    const { items } = await api.call<{ items: readonly KubeObject[] }>('GET', urlOf(kind, where));
    // The items of a list do not say what they are.
    return items.map((item) => ({ ...item, apiVersion, kind: kindName }));
  };
  const byName = (objects: readonly KubeObject[]) =>
    Object.fromEntries(objects.map((object) => [`${object.metadata.namespace}/${object.metadata.name}`, object]));
  const isChild = ({ metadata }: KubeObject) => metadata.labels?.['controller-uid'] !== undefined;

  return {
    async sync() {
      const [parent, services, slices, resolverSlices] = await Promise.all([
        stage.get(ELASTI_SERVICES, 'web'),
        listOf('v1/services', 'v1', 'Service', namespace),
        listOf(SLICES, 'discovery.k8s.io/v1', 'EndpointSlice', namespace),
        listOf(SLICES, 'discovery.k8s.io/v1', 'EndpointSlice', SYSTEM_NAMESPACE),
      ]);
      const ownSlices = slices.filter(({ metadata }) => metadata.name.includes('-to-resolver-'));
      const body = {
        controller: {},
        parent,
        children: {
          'Service.v1': byName(services.filter(isChild)),
          'EndpointSlice.discovery.k8s.io/v1': byName(ownSlices),
        },
        related: {
          'Service.v1': byName(services),
          'EndpointSlice.discovery.k8s.io/v1': byName([...slices, ...resolverSlices]),
        },
        finalizing: false,
      };
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${environment.hookToken}` };
      const url = `http://127.0.0.1:${hookPort}/sync`;
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      const text = await response.text();
      if (!response.ok) throw new Error(`/sync: ${response.status} ${text}`);
      return JSON.parse(text) as SyncResponse;
    },
    stop: () => hook.stop(),
  };
}
