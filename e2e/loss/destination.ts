import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
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
  stop(): void;
}

/** The kernel tells of a connection a moment after it began; its news take longer to come through on a busy machine. */
const TOLD_MS = 500;
const TOLD_LIMIT_MS = 10_000;
/** Of the connections of one minute and more. */
const REMEMBERED = 100_000;
/** Some kilobytes for each of the news that wait; what finds no room is lost without a word. */
const BUFFER_BYTES = '268435456';

/**
 * Follows the kernel's news of connections. Its table would not do: one that is refused at once is gone from it at once.
 */
export function followDestinations(): Destinations {
  const args = ['-E', '--event-mask', 'NEW,UPDATES', '--proto', 'tcp', '--buffer-size', BUFFER_BYTES];
  const following = spawn('conntrack', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const destinations = new Map<string, Sent>();
  const passedOn: PassedOn[] = [];
  createInterface({ input: following.stdout }).on('line', (line) => {
    const event = readEvent(line, performance.now());
    if (event?.kind === 'passedOn') passedOn.push(event.passedOn);
    if (event?.kind !== 'sent') return;
    destinations.set(keyOf(event.source), event.sent);
    const [oldest] = destinations.keys();
    if (oldest !== undefined && destinations.size > REMEMBERED) destinations.delete(oldest);
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
    stop: () => void following.kill(),
  };
}

/** Tells connections apart by where they came from. */
export const keyOf = ({ localAddress, localPort }: Source): string => `${localAddress} ${localPort}`;

type Event =
  | { readonly kind: 'sent'; readonly source: Source; readonly sent: Sent }
  | { readonly kind: 'passedOn'; readonly passedOn: PassedOn };

/** One line of `conntrack -E`: a client's first packet, or the connection of another that was accepted; others say nothing. */
export function readEvent(line: string, atMs: number): Event | undefined {
  const isNew = line.includes('[NEW]');
  if (!isNew && !line.includes(' ESTABLISHED ')) return undefined;
  const words = /src=(\S+) dst=(\S+) sport=(\d+) dport=(\d+).* src=(\S+)/.exec(line);
  if (!words) return undefined;
  const [, from = '', address = '', sport, dport, repliedBy = ''] = words;
  if (isClientAddress(from)) {
    const source = { localAddress: from, localPort: Number(sport) };
    return isNew ? { kind: 'sent', source, sent: { address: repliedBy, atMs } } : undefined;
  }
  return isNew ? undefined : { kind: 'passedOn', passedOn: { address, port: Number(dport), atMs } };
}
