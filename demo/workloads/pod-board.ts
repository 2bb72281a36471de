import { randomUUID } from 'node:crypto';
import type { PodState } from '../api.ts';

/** A pod as its kubelet tells of it. */
export interface Pod {
  readonly name: string;
  readonly namespace: string;
  readonly uid: string;
  readonly address: string;
  /** Its label `app`, by which Services select it. */
  readonly app: string;
  readonly state: PodState['state'];
}

/** All pods of the cluster. */
export interface PodBoard {
  /** A new pod, starting, at an address of its own. */
  add(pod: Pick<Pod, 'name' | 'namespace' | 'app'>): Pod;
  change(uid: string, state: Pod['state']): void;
  remove(uid: string): void;
  of(namespace: string, app: string): readonly Pod[];
  subscribe(onChange: (pod: Pod) => void): void;
}

/** Makes a board without pods. */
export function createPodBoard(): PodBoard {
  const pods = new Map<string, Pod>();
  const subscribers = new Set<(pod: Pod) => void>();
  let made = 0;

  const tell = (pod: Pod) => {
    for (const onChange of subscribers) onChange(pod);
  };

  return {
    add: (about) => {
      made += 1;
      // By the time that an address comes again, nobody remembers it.
      const address = `10.1.${(made >> 8) & 255}.${made & 255}`;
      const pod: Pod = { ...about, address, uid: randomUUID(), state: 'starting' };
      pods.set(pod.uid, pod);
      tell(pod);
      return pod;
    },
    change: (uid, state) => {
      const before = pods.get(uid);
      if (before === undefined || before.state === state) return;
      const pod = { ...before, state };
      pods.set(uid, pod);
      tell(pod);
    },
    remove: (uid) => {
      const before = pods.get(uid);
      if (pods.delete(uid) && before) tell(before);
    },
    of: (namespace, app) => [...pods.values()].filter((pod) => pod.namespace === namespace && pod.app === app),
    subscribe: (onChange) => void subscribers.add(onChange),
  };
}
