import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../e2e/cluster/wait.ts';
import { type Inspector, openInspector } from '../scale/inspector.ts';
import type { Deployed } from '../scale/install.ts';
import { type Usage, usageOf } from '../usage.ts';

export const HOOK_PORT = 8080;
const SERVER_PORT = 8013;
const INSPECTOR_PORT = 9301;

export interface HookService {
  usage(): Usage & { readonly anonymousMiB: number };
  /** The metrics, as Prometheus takes them. */
  scrape(): Promise<string>;
  inspect<T>(work: (inspector: Inspector) => Promise<T>): Promise<T>;
  stop(): Promise<void>;
}

/** Starts the program as its Deployment does, with the environment of that; resolves when it is ready. */
export async function startHookService(start: {
  readonly dist: string;
  readonly apiPort: number;
  /** Without one the hooks take whatever comes. */
  readonly token?: string;
  readonly deployed: Deployed;
  /** Added to its environment. */
  readonly env: Readonly<Record<string, string>>;
}): Promise<HookService> {
  const { dist, apiPort, token, deployed, env } = start;
  const { HOOK_TOKEN_FILE: _, ...environment } = deployed.environment;
  const flags = [`--inspect-port=127.0.0.1:${INSPECTOR_PORT}`];
  const child = spawn(process.execPath, [...flags, '--import', join(dist, 'instrument.js'), join(dist, 'main.js')], {
    stdio: ['ignore', 'inherit', 'ignore'],
    env: {
      ...environment,
      KUBERNETES_SERVICE_HOST: '127.0.0.1',
      KUBERNETES_SERVICE_PORT: String(apiPort),
      LISTEN_ADDRESS: '127.0.0.1',
      ...(token === undefined ? {} : { HOOK_TOKEN: token }),
      RESOLVER_ROUTING: 'port',
      NODE_ENV: 'production',
      // A stand-in that shares a core may be late: what is asked again is no news.
      LOG_LEVEL: 'error',
      ...env,
    },
  });
  const pid = child.pid ?? 0;
  const url = (path: string) => `http://127.0.0.1:${SERVER_PORT}${path}`;
  await until('the hook service', async () => (await fetch(url('/readyz'))).ok, { timeoutMs: 60_000 });
  return {
    usage: () => {
      const [, kibibytes] = /^Anonymous:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
      return { ...usageOf(pid), anonymousMiB: Number(kibibytes) / 1024 };
    },
    scrape: async () => (await fetch(url('/metrics'))).text(),
    inspect: async (work) => {
      const inspector = await openInspector(pid, INSPECTOR_PORT);
      try {
        return await work(inspector);
      } finally {
        inspector.close();
      }
    },
    stop: async () => {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
