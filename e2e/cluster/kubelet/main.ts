import { createApi } from '../api.ts';
import { kubeconfigOf } from '../control-plane.ts';
import { urlOf } from '../kube-object.ts';
import { makeLayout, NODE_NAME } from '../layout.ts';
import { readSettings } from '../settings.ts';
import { createAddressPool } from './address-pool.ts';
import type { Pod } from './pod.ts';
import { type PodWorker, release, startPodWorker } from './pod-worker.ts';

// The mini kubelet: runs the first container of each pod of the node as a process on an address of its own.
// Argument: the cluster's name.

const layout = makeLayout(process.argv[2] ?? '');
const api = createApi(kubeconfigOf(layout, 'kubelet'));
const addresses = createAddressPool(readSettings(layout));
const workers = new Map<string, PodWorker>();

api.watch<Pod>(
  urlOf('v1/pods'),
  ({ type, object: pod }) => {
    const worker = workers.get(pod.metadata.uid);
    if (type === 'DELETED') worker?.vanish();
    else if (worker) worker.update(pod);
    else if (pod.metadata.deletionTimestamp) release(api, pod).catch(complainAbout(pod));
    else if (pod.status.phase !== 'Succeeded' && pod.status.phase !== 'Failed') start(pod);
  },
  { query: `fieldSelector=spec.nodeName%3D${NODE_NAME}` },
);

function start(pod: Pod): void {
  const worker = startPodWorker(pod, { api, addresses, directory: layout.pods });
  workers.set(pod.metadata.uid, worker);
  worker.done.catch(complainAbout(pod)).finally(() => workers.delete(pod.metadata.uid));
}

function complainAbout({ metadata: { namespace, name } }: Pod): (error: unknown) => void {
  return (error) => process.stderr.write(`${new Date().toISOString()} pod ${namespace}/${name}: ${error}\n`);
}
