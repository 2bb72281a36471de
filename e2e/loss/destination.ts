import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { run } from '../cluster/shell.ts';
import { until } from '../cluster/wait.ts';
import type { Source } from '../stage/echo-client.ts';
import { isClientAddress } from './sources.ts';

/** Whom kube-proxy sent a connection to, and when. */
export interface Sent {
  /** Absent: nobody. */
  readonly address: string | undefined;
  readonly atMs: number;
}

/** A connection to a pod that is no client's: a resolver has passed a client's on, or the kubelet has asked. */
export interface PassedOn {
  readonly address: string;
  readonly port: number;
  /** When the pod had accepted it. */
  readonly atMs: number;
}

/** Whom kube-proxy sent connections to, and what resolvers passed on. */
export interface Destinations {
  /** Absent: the kernel has not told of such a connection. */
  find(clusterIp: string, source: Source): Promise<Sent | undefined>;
  /** All of a run, earliest first. */
  readonly passedOn: readonly PassedOn[];
  /** How often the kernel could not tell its news. */
  newsLost(): number;
  stop(): void;
}

/** The kernel tells of a connection a moment after it began; its news take longer to come through on a busy machine. */
const TOLD_MS = 500;
const TOLD_LIMIT_MS = 10_000;
/** Of the connections of one minute and more. */
const REMEMBERED = 100_000;
/** The news that one connection was accepted come within this; the next from the same port, much later. */
const OF_ONE_MS = 5000;
/** A kilobyte or two for each of the news that wait to be read; what finds no room is dropped. */
const BUFFER_BYTES = 67_108_864;
const BUFFER_SETTING = 'net.core.rmem_default';
/** Names the variable with the network namespace that the cluster was started from: the setting can be written there alone. */
export const OUTER_NETWORK = 'E2E_OUTER_NETWORK';

/**
 * Follows the kernel's news of connections. Its table would not do: one that is refused at once is gone from it at once.
 */
export async function followDestinations(): Promise<Destinations> {
  const args = ['-E', '--event-mask', 'NEW,UPDATES', '--proto', 'tcp', '-o', 'timestamp'];
  const following = await withBuffers(BUFFER_BYTES, async () => {
    // Its times are those at which it gets to run.
    const started = spawn('chrt', ['--fifo', '1', 'conntrack', ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    await until('conntrack to listen', () => readNetlink().some(({ groups }) => groups !== '00000000'));
    return started;
  });
  const destinations = new Map<string, Sent>();
  const passedOn: PassedOn[] = [];
  const acceptedAtMs = new Map<string, number>();
  createInterface({ input: following.stdout }).on('line', (line) => {
    const event = readEvent(line);
    if (event?.kind === 'passedOn') {
      const { connection, passedOn: news } = event;
      const isKnown = news.atMs - (acceptedAtMs.get(connection) ?? Number.NEGATIVE_INFINITY) < OF_ONE_MS;
      remember(acceptedAtMs, connection, news.atMs);
      if (!isKnown) passedOn.push(news);
    }
    if (event?.kind === 'sent' && (event.isFirst || !destinations.has(keyOf(event.source))))
      remember(destinations, keyOf(event.source), event.sent);
  });
  return {
    async find(clusterIp, source) {
      const key = keyOf(source);
      for (let waitedMs = 0; waitedMs < TOLD_LIMIT_MS && !destinations.has(key); waitedMs += TOLD_MS)
        await sleep(TOLD_MS);
      const sent = destinations.get(key);
      return sent?.address === clusterIp ? { ...sent, address: undefined } : sent;
    },
    passedOn,
    newsLost: () => readNetlink().reduce((sum, { drops }) => sum + drops, 0),
    stop: () => void following.kill(),
  };
}

/**
 * Runs something whose sockets begin with receive buffers of that size: conntrack-tools 1.4.7 gives `--buffer-size` to another
 * socket than the one that it listens on. The setting is the machine's, and is put back.
 */
async function withBuffers<T>(bytes: number, work: () => Promise<T>): Promise<T> {
  const set = (value: string) =>
    run('nsenter', [`--net=${process.env[OUTER_NETWORK]}`, 'sysctl', '-q', '-w', `${BUFFER_SETTING}=${value}`]);
  const before = readFileSync(`/proc/sys/${BUFFER_SETTING.replaceAll('.', '/')}`, 'utf8').trim();
  await set(String(bytes));
  try {
    return await work();
  } finally {
    await set(before);
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (oldest !== undefined && map.size > REMEMBERED) map.delete(oldest);
}

/** Tells connections apart by where they came from. */
export const keyOf = ({ localAddress, localPort }: Source): string => `${localAddress} ${localPort}`;

type Event =
  | { readonly kind: 'sent'; readonly source: Source; readonly sent: Sent; readonly isFirst: boolean }
  | { readonly kind: 'passedOn'; readonly connection: string; readonly passedOn: PassedOn };

/** The kernel says so when a listener has answered, and when it was answered in turn: either may be missing. */
const ACCEPTED = [' SYN_RECV ', ' ESTABLISHED '];

/** One line of `conntrack -E -o timestamp`: of a client's connection, or of that of another that was accepted; others say nothing. */
export function readEvent(line: string): Event | undefined {
  const isNew = line.includes('[NEW]');
  const words = /^\[([\d.]+)\].*? src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+).* src=(\S+)/.exec(line);
  if (!words) return undefined;
  const [, seconds, from = '', address = '', sport, dport, repliedBy = ''] = words;
  const atMs = Number(seconds) * 1000 - performance.timeOrigin;
  if (isClientAddress(from)) {
    const source = { localAddress: from, localPort: Number(sport) };
    return { kind: 'sent', source, sent: { address: repliedBy, atMs }, isFirst: isNew };
  }
  if (!ACCEPTED.some((state) => line.includes(state))) return undefined;
  const connection = `${from} ${sport} ${address} ${dport}`;
  return { kind: 'passedOn', connection, passedOn: { address, port: Number(dport), atMs } };
}

interface NetlinkSocket {
  readonly groups: string;
  readonly drops: number;
}

const readNetlink = () => readNetfilterSockets(readFileSync('/proc/net/netlink', 'utf8'));

/** The sockets of NETLINK_NETFILTER (12) in /proc/net/netlink: `sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode`. */
export function readNetfilterSockets(text: string): readonly NetlinkSocket[] {
  const rows = text.split('\n').map((line) => line.trim().split(/\s+/));
  return rows
    .filter(([, family]) => family === '12')
    .map(([, , , groups = '', , , , , drops]) => ({ groups, drops: Number(drops) }));
}
