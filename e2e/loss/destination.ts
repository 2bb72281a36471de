import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../cluster/shell.ts';
import type { Source } from '../stage/echo-client.ts';

/** Whom kube-proxy sent a connection to; absent: nobody. */
export type FindDestination = (clusterIp: string, source: Source) => Promise<string | undefined>;

/** Those who ask within this time share one look; the kernel remembers a connection for ten seconds after its end. */
const GATHER_MS = 200;

/** Makes what looks into the kernel's table of connections. */
export function createDestinations(): FindDestination {
  let looking: Promise<ReadonlyMap<string, string>> | undefined;
  return async (clusterIp, source) => {
    looking ??= sleep(GATHER_MS).then(() => {
      looking = undefined;
      return readConnections();
    });
    const destination = (await looking).get(keyOf(source.localAddress, String(source.localPort)));
    return destination === clusterIp ? undefined : destination;
  };
}

const keyOf = (address: string, port: string): string => `${address} ${port}`;

/** Whom each connection was sent to, by where it came from. */
async function readConnections(): Promise<ReadonlyMap<string, string>> {
  const text = await run('conntrack', ['-L', '--proto', 'tcp']).catch(() => '');
  const connections = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [address, replyAddress] = [...line.matchAll(/src=(\S+)/g)].map(([, value]) => value);
    const port = /sport=(\d+)/.exec(line)?.[1];
    if (address && replyAddress && port) connections.set(keyOf(address, port), replyAddress);
  }
  return connections;
}
