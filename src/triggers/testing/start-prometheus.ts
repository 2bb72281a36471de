import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

/** A Prometheus of its own on loopback that scrapes one gauge, `requests`, five times a second. */
export interface RunningPrometheus {
  readonly url: string;
  setRequests(value: number): void;
  stop(): Promise<void>;
}

/**
 * Starts the Prometheus binary and waits until it is ready; throws with its output where it ends before. `history` is what
 * it has scraped before, as OpenMetrics text with times: promtool beside the binary puts it there.
 */
export async function startPrometheus(
  binary: string,
  { history }: { readonly history?: string } = {},
): Promise<RunningPrometheus> {
  let requests = 0;
  const exporter = createServer((_, response) => response.end(`requests{path="/"} ${requests}\n`));
  exporter.listen(0, '127.0.0.1');
  await once(exporter, 'listening');
  const directory = await mkdtemp(join(tmpdir(), 'prometheus-'));
  const configFile = join(directory, 'prometheus.yml');
  await writeFile(configFile, configFor((exporter.address() as AddressInfo).port));

  if (history !== undefined) await writeHistory(binary, directory, history);
  const { child, port, output } = await launch(binary, [
    '--config.file',
    configFile,
    '--storage.tsdb.path',
    join(directory, 'data'),
  ]);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill();
      await once(child, 'exit');
    }
    exporter.closeAllConnections();
    exporter.close();
    await rm(directory, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  while (!(await isReady(url))) {
    if (child.exitCode !== null) {
      await stop();
      throw new Error(`Prometheus ended: ${output()}`);
    }
    await sleep(20);
  }
  return {
    url,
    setRequests: (value) => {
      requests = value;
    },
    stop,
  };
}

async function writeHistory(binary: string, directory: string, history: string): Promise<void> {
  const file = join(directory, 'history.om');
  await writeFile(file, history);
  const promtool = join(dirname(binary), 'promtool');
  await promisify(execFile)(promtool, [
    ...['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, join(directory, 'data')],
  ]);
}

const configFor = (port: number) => `
global: { scrape_interval: 200ms, scrape_timeout: 200ms }
scrape_configs:
  - { job_name: app, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }
`;

async function launch(
  binary: string,
  args: readonly string[],
): Promise<{ child: ChildProcess; port: number; output: () => string }> {
  // Prometheus takes a port but does not choose one.
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');

  const child = spawn(binary, [...args, `--web.listen-address=127.0.0.1:${port}`], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    text = (text + chunk.toString()).slice(-4000);
  });
  return { child, port, output: () => text };
}

async function isReady(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/-/ready`, { signal: AbortSignal.timeout(1000) });
    await response.text();
    return response.ok;
  } catch {
    return false;
  }
}
