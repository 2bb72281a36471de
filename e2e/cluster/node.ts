import { release } from 'node:os';
import type { KubeApi } from './api.ts';
import { urlOf } from './kube-object.ts';
import { NODE_IPV4, NODE_IPV6, NODE_NAME, POD_CIDRS } from './layout.ts';
import { ignoring } from './transport.ts';

/** The one node, with room for more pods than any test asks for. */
export async function registerNode(api: KubeApi, options: { ipv6: boolean }): Promise<void> {
  const podCIDRs = options.ipv6 ? POD_CIDRS : [POD_CIDRS[0]];
  const labels = { 'kubernetes.io/hostname': NODE_NAME, 'kubernetes.io/os': 'linux' };
  await api
    .call('POST', urlOf('v1/nodes'), {
      apiVersion: 'v1',
      kind: 'Node',
      metadata: { name: NODE_NAME, labels },
      spec: { podCIDR: podCIDRs[0], podCIDRs },
    })
    .catch(ignoring(409));
  await api.call('PATCH', urlOf('v1/nodes', undefined, NODE_NAME, 'status'), { status: makeStatus(options.ipv6) });
  // A new node is tainted until the lifecycle controller, which does not run here, finds it ready.
  await api.call('PATCH', urlOf('v1/nodes', undefined, NODE_NAME), { spec: { taints: null } });
}

function makeStatus(ipv6: boolean): object {
  const capacity = { cpu: '256', memory: '1Ti', pods: '5000', 'ephemeral-storage': '1Ti' };
  const now = new Date().toISOString();
  const ready = { type: 'Ready', status: 'True', reason: 'MiniKubelet', message: 'pods are processes' };
  const addresses = [NODE_IPV4, ...(ipv6 ? [NODE_IPV6] : [])].map((address) => ({ type: 'InternalIP', address }));
  return {
    capacity,
    allocatable: capacity,
    addresses: [...addresses, { type: 'Hostname', address: NODE_NAME }],
    conditions: [{ ...ready, lastHeartbeatTime: now, lastTransitionTime: now }],
    nodeInfo: {
      machineID: NODE_NAME,
      systemUUID: NODE_NAME,
      bootID: NODE_NAME,
      kernelVersion: release(),
      osImage: 'e2e',
      containerRuntimeVersion: 'process://1',
      kubeletVersion: 'v1.36.3',
      kubeProxyVersion: 'v1.36.3',
      operatingSystem: 'linux',
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
    },
  };
}
