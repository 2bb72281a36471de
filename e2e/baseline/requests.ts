import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { askHttp } from '../loss/clients/ask-http.ts';
import type { Site } from '../loss/site.ts';
import { repeat } from '../stage/repeat.ts';
import type { Scene } from './scene.ts';

/** What came of one request. */
export interface Asked {
  readonly beganAtMs: number;
  readonly endedAtMs: number;
  /** Why it counts as lost: anything but the right answer of a pod of the Service. */
  readonly lost: string | undefined;
}

/** One GET on a new connection, with a minute's patience. */
export async function ask({ nextSource }: Pick<Scene, 'nextSource'>, site: Site): Promise<Asked> {
  const beganAtMs = performance.now();
  const { lost } = await askHttp({ site, workMs: 0, source: nextSource() });
  return { beganAtMs, endedAtMs: performance.now(), lost: lost && shorten(lost.text) };
}

export const askMany = (scene: Scene, site: Site, count: number): Promise<readonly Asked[]> =>
  Promise.all(Array.from({ length: count }, () => ask(scene, site)));

/** An open loop for a while; resolves when the last is answered. */
export async function keepAsking(
  scene: Scene,
  site: Site,
  { everyMs, forMs }: { readonly everyMs: number; readonly forMs: number },
): Promise<readonly Asked[]> {
  const asking = repeat(everyMs, () => ask(scene, site));
  await sleep(forMs);
  return asking.stop();
}

/** One attempt to connect, each 20 ms. */
export interface Probed {
  readonly beganAtMs: number;
  readonly isConnected: boolean;
}

const PROBE_EVERY_MS = 20;
const PROBE_LIMIT_MS = 1000;

/** Connects and leaves, again and again, until told to stop. */
export function startProbing({ nextSource }: Scene, site: Site): { stop(): Promise<readonly Probed[]> } {
  return repeat(PROBE_EVERY_MS, () => {
    const beganAtMs = performance.now();
    return new Promise<Probed>((resolve) => {
      const socket = connect({ host: site.clusterIp, port: site.ports.http, ...nextSource() });
      const settle = (isConnected: boolean) => {
        clearTimeout(timer);
        socket.destroy();
        resolve({ beganAtMs, isConnected });
      };
      const timer = setTimeout(() => settle(false), PROBE_LIMIT_MS);
      socket.on('connect', () => settle(true)).on('error', () => settle(false));
    });
  });
}

const shorten = (text: string): string => /^\d{3}\b|E[A-Z]{5,}|hang up|no answer/.exec(text)?.[0] ?? text.slice(0, 40);
