import type { KubeApi } from '../cluster/api.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { until } from '../cluster/wait.ts';
import { SYSTEM_NAMESPACE, untilAvailable } from '../environment/environment.ts';
import type { Site } from '../loss/site.ts';
import { podProcesses, signalPod } from '../stage/pod-processes.ts';
import { postWake } from '../stage/post-wake.ts';

/** What is measured: Elasti or KubeElasti, whose parts have the same names. */
export interface System {
  /** As a resolver asks for it; resolves to the status of the answer. */
  wake(site: Site): Promise<number>;
  /** Kills all of the operator, or the resolver's oldest pod; each comes back where it was. */
  kill(part: Part, options: { readonly restartMs: number }): Promise<void>;
  untilBack(part: Part): Promise<void>;
  /** Deletes the resolver's oldest pod; resolves when another serves. */
  replaceResolver(): Promise<void>;
}

export type Part = 'operator' | 'resolver';

const APPS = { operator: 'elasti-operator-controller', resolver: 'elasti-resolver' } as const;
const OPERATOR_ORIGIN = `http://elasti-operator-controller-service.${SYSTEM_NAMESPACE}.svc.cluster.local:8013`;
type Pod = KubeObject & { readonly metadata: { readonly creationTimestamp: string } };

export function createSystem(api: KubeApi): System {
  const podsOf = async (part: Part): Promise<readonly Pod[]> => {
    const path = `${urlOf('v1/pods', SYSTEM_NAMESPACE)}?labelSelector=app.kubernetes.io%2Fname%3D${APPS[part]}`;
    const { items } = await api.call<{ items: readonly Pod[] }>('GET', path);
    const there = items.filter(({ metadata }) => !metadata.deletionTimestamp);
    return there.toSorted((a, b) => (a.metadata.creationTimestamp < b.metadata.creationTimestamp ? -1 : 1));
  };
  const victims = async (part: Part) => {
    const pods = await podsOf(part);
    return part === 'operator' ? pods : pods.slice(0, 1);
  };
  const untilBack: System['untilBack'] = async (part) => {
    await until(`each pod of the ${part} to run`, async () => {
      const pods = await podsOf(part);
      return pods.length > 0 && pods.every(({ metadata }) => podProcesses(metadata.name).length > 0);
    });
    await untilAvailable(api, APPS[part]);
  };
  return {
    wake: ({ name, namespace }) => postWake(OPERATOR_ORIGIN, { service: name, namespace }),
    async kill(part, { restartMs }) {
      const metadata = { annotations: { 'e2e.elasti.dev/restart-delay-ms': String(restartMs) } };
      const pods = await victims(part);
      for (const pod of pods) {
        await api.call('PATCH', urlOf('v1/pods', SYSTEM_NAMESPACE, pod.metadata.name), { metadata });
      }
      for (const pod of pods) signalPod(pod.metadata.name, 'SIGKILL');
    },
    untilBack,
    async replaceResolver() {
      const [pod] = await victims('resolver');
      if (!pod) throw new Error('there is no resolver');
      await api.remove(urlOf('v1/pods', SYSTEM_NAMESPACE, pod.metadata.name));
      await untilBack('resolver');
    },
  };
}
