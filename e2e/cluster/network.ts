import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { CLUSTER_DOMAIN, type ClusterLayout, NODE_IPV4, NODE_IPV6, SERVICE_CIDRS } from './layout.ts';
import { run } from './shell.ts';

/** IPv6 may be missing from the kernel; the cluster is single-stack then. */
export function hasIpv6(): boolean {
  return existsSync('/proc/net/if_inet6');
}

export async function createNetwork(layout: ClusterLayout): Promise<void> {
  await mkdir(layout.namespaceEtc, { recursive: true });
  await writeFile(`${layout.namespaceEtc}/resolv.conf`, makeResolvConf('default'));
  await run('ip', ['netns', 'add', layout.namespace]);
  await run('ip', ['-n', layout.namespace, '-batch', '-'], makeNetworkCommands(hasIpv6()).join('\n'));
}

export async function removeNetwork(layout: ClusterLayout): Promise<void> {
  if (existsSync(layout.namespaceFile)) await run('ip', ['netns', 'delete', layout.namespace]);
  await rm(layout.namespaceEtc, { recursive: true, force: true });
}

/** What a pod of this namespace finds in /etc/resolv.conf. */
export function makeResolvConf(kubeNamespace: string): string {
  const suffixes = [`${kubeNamespace}.svc.${CLUSTER_DOMAIN}`, `svc.${CLUSTER_DOMAIN}`, CLUSTER_DOMAIN];
  return `nameserver ${NODE_IPV4}\nsearch ${suffixes.join(' ')}\noptions ndots:5\n`;
}

/**
 * The pod network is a veth pair without anything behind it. An address that no pod holds is a neighbour that does not
 * answer, so that connections to a pod that is gone fail late, as they do in a real cluster; and service addresses need
 * a route before nftables gets to rewrite them.
 */
function makeNetworkCommands(ipv6: boolean): string[] {
  const [serviceCidr4, serviceCidr6] = SERVICE_CIDRS;
  const commands = [
    'link set lo up',
    'link add node0 type veth peer name nowhere0',
    'link set node0 up',
    'link set nowhere0 up',
    `addr add ${NODE_IPV4}/16 dev node0`,
    `route add ${serviceCidr4} dev node0`,
  ];
  if (!ipv6) return commands;
  return [...commands, `addr add ${NODE_IPV6}/64 dev node0 nodad`, `route add ${serviceCidr6} dev node0`];
}
