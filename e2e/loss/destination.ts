import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Source } from '../stage/echo-client.ts';
import { isClientAddress } from './sources.ts';

/** Whom kube-proxy sent connections to. */
export interface Destinations {
  /** Absent: nobody. */
  find(clusterIp: string, source: Source): Promise<string | undefined>;
  stop(): void;
}

/** The kernel tells of a connection a moment after it began. */
const TOLD_MS = 500;
/** Of the connections of one minute and more. */
const REMEMBERED = 100_000;
const BUFFER_BYTES = '16777216';

/**
 * Follows the kernel's news of connections. Its table would not do: one that is refused at once is gone from it at once.
 */
export function followDestinations(): Destinations {
  const args = ['-E', '--event-mask', 'NEW', '--proto', 'tcp', '--buffer-size', BUFFER_BYTES];
  const following = spawn('conntrack', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const destinations = new Map<string, string>();
  createInterface({ input: following.stdout }).on('line', (line) => {
    const [address = '', replyAddress = ''] = [...line.matchAll(/src=(\S+)/g)].map(([, value]) => value ?? '');
    if (!isClientAddress(address)) return;
    destinations.set(keyOf(address, /sport=(\d+)/.exec(line)?.[1] ?? ''), replyAddress);
    const [oldest] = destinations.keys();
    if (oldest !== undefined && destinations.size > REMEMBERED) destinations.delete(oldest);
  });
  return {
    async find(clusterIp, { localAddress, localPort }) {
      await sleep(TOLD_MS);
      const destination = destinations.get(keyOf(localAddress, String(localPort)));
      return destination === clusterIp ? undefined : destination;
    },
    stop: () => void following.kill(),
  };
}

const keyOf = (address: string, port: string): string => `${address} ${port}`;
