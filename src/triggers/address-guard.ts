import { BlockList, isIP } from 'node:net';

/** Hosts that hand out credentials of the machine to whoever asks; most also resolve to a link-local address. */
const METADATA_HOSTS = ['metadata.google.internal', 'metadata.goog', 'metadata', 'instance-data'];

/** Whether a host name or an IP address (without brackets) must not be asked. */
export function isForbiddenHost(host: string, options: { readonly isLoopbackAllowed: boolean }): boolean {
  const name = host.toLowerCase().replace(/\.$/, '');
  const version = isIP(name);
  if (version !== 0) {
    const family = version === 4 ? 'ipv4' : 'ipv6';
    return NEVER_ASKED.check(name, family) || (!options.isLoopbackAllowed && LOOPBACK.check(name, family));
  }
  if (METADATA_HOSTS.includes(name)) return true;
  return !options.isLoopbackAllowed && (name === 'localhost' || name.endsWith('.localhost'));
}

// A BlockList holds IPv4-mapped IPv6 addresses against its IPv4 rules by itself.

/** Link-local addresses and those of the clouds' metadata services. */
function makeNeverAsked(): BlockList {
  const list = new BlockList();
  list.addSubnet('169.254.0.0', 16, 'ipv4');
  list.addSubnet('fe80::', 10, 'ipv6');
  list.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6'); // 169.254.0.0/16 through NAT64
  list.addAddress('fd00:ec2::254', 'ipv6'); // AWS
  list.addAddress('fd20:ce::254', 'ipv6'); // Google Cloud
  list.addAddress('100.100.100.200', 'ipv4'); // Alibaba Cloud
  list.addAddress('168.63.129.16', 'ipv4'); // Azure
  list.addAddress('192.0.0.192', 'ipv4'); // Oracle Cloud
  return list;
}

/** Our own pod. The unspecified addresses connect to it, too. */
function makeLoopback(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addSubnet('0.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  list.addAddress('::', 'ipv6');
  return list;
}

// A list takes longer to make than all else that is done about a question.
const NEVER_ASKED = makeNeverAsked();
const LOOPBACK = makeLoopback();
