import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const NODE_NAME = 'node-1';
export const NODE_IPV4 = '10.244.0.1';
export const NODE_IPV6 = 'fd00:244::1';
export const POD_CIDRS = ['10.244.0.0/16', 'fd00:244::/64'] as const;
export const SERVICE_CIDRS = ['10.96.0.0/16', 'fd00:96::/112'] as const;
export const API_SERVICE_IPV4 = '10.96.0.1';
export const API_PORT = 6443;
export const CLUSTER_DOMAIN = 'cluster.local';

/** Where one named cluster keeps its things; nothing here exists before the cluster does. */
export interface ClusterLayout {
  readonly name: string;
  readonly namespace: string;
  readonly namespaceFile: string;
  /** `ip netns exec` binds the files found here over those in /etc. */
  readonly namespaceEtc: string;
  readonly directory: string;
  readonly settings: string;
  readonly processes: string;
  readonly kubeconfig: string;
  readonly pki: string;
  readonly logs: string;
  readonly pods: string;
  readonly auditLog: string;
}

export function makeLayout(name: string): ClusterLayout {
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name)) {
    throw new Error(`"${name}" is no cluster name: lower-case letters, digits and dashes, 32 at most`);
  }
  const namespace = `elasti-${name}`;
  const directory = join(tmpdir(), `elasti-cluster-${name}`);
  return {
    name,
    namespace,
    namespaceFile: join('/run/netns', namespace),
    namespaceEtc: join('/etc/netns', namespace),
    directory,
    settings: join(directory, 'settings.json'),
    processes: join(directory, 'processes.jsonl'),
    kubeconfig: join(directory, 'kubeconfig'),
    pki: join(directory, 'pki'),
    logs: join(directory, 'logs'),
    pods: join(directory, 'pods'),
    auditLog: join(directory, 'audit.log'),
  };
}
