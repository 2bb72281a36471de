import { run } from '../cluster/shell.ts';
import type { Source } from '../stage/echo-client.ts';
import type { Site } from './site.ts';

/** Whom kube-proxy sent a connection to, as the kernel remembers for ten seconds after its end; absent: nobody. */
export async function findDestination(site: Site, { localAddress, localPort }: Source): Promise<string | undefined> {
  const query = ['-L', '--proto', 'tcp', '--orig-src', localAddress, '--orig-port-src', String(localPort)];
  const text = await run('conntrack', query).catch(() => '');
  const [, replySource] = [...text.matchAll(/src=(\S+)/g)].map(([, address]) => address);
  return replySource === site.clusterIp ? undefined : replySource;
}
