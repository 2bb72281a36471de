import { run } from '../shell.ts';
import { addressesOf, type PodAddress } from './pod.ts';

const SUBNETS = 8;
const HOSTS_PER_SUBNET = 250;

export interface AddressPool {
  /** Adds the address to `lo`; the longest unused one, so that a stale connection rarely meets another pod. */
  take(): Promise<PodAddress>;
  giveBack(address: PodAddress): Promise<void>;
}

export function createAddressPool({ ipv6 }: { ipv6: boolean }): AddressPool {
  const free = Array.from({ length: SUBNETS * HOSTS_PER_SUBNET }, (_, index): PodAddress => {
    const subnet = 1 + Math.floor(index / HOSTS_PER_SUBNET);
    const host = 4 + (index % HOSTS_PER_SUBNET);
    return { ipv4: `10.244.${subnet}.${host}`, ipv6: ipv6 ? `fd00:244::${subnet}:${host.toString(16)}` : undefined };
  });
  return {
    async take() {
      const address = free.shift();
      if (!address) throw new Error('all pod addresses are in use');
      await change('add', address);
      return address;
    },
    async giveBack(address) {
      await change('del', address);
      free.push(address);
    },
  };
}

async function change(verb: 'add' | 'del', address: PodAddress): Promise<void> {
  const [ipv4, ipv6] = addressesOf(address);
  const commands = [`addr ${verb} ${ipv4}/32 dev lo`, ...(ipv6 ? [`addr ${verb} ${ipv6}/128 dev lo`] : [])];
  await run('ip', ['-batch', '-'], commands.join('\n'));
}
