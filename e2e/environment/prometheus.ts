import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ClusterLayout, NODE_IPV4 } from '../cluster/layout.ts';
import { isOnPath } from '../cluster/preflight.ts';
import { type Program, startProgram, untilServes } from './programs.ts';

const EXPORTER_PORT = 9100;
const EXPORTER_URL = `http://${NODE_IPV4}:${EXPORTER_PORT}`;
/** Finds the `up` series that stands for Prometheus being well. */
export const UPTIME_FILTER = 'job="exporter"';

/** Throws one readable error where Prometheus is missing. */
export function checkPrometheus(): void {
  if (!isOnPath('prometheus')) throw new Error('prometheus is not on PATH; on Debian: apt-get install prometheus');
}

export async function startExporter(layout: ClusterLayout): Promise<Program> {
  const command = [process.execPath, join(import.meta.dirname, 'exporter.ts'), NODE_IPV4, String(EXPORTER_PORT)];
  const exporter = startProgram(layout, { name: 'exporter', command });
  await untilServes(exporter, () => fetch(`${EXPORTER_URL}/metrics`));
  return exporter;
}

/** How much traffic a service is to seem to have, by `namespace/name`. */
export async function setTraffic(service: string, value: number): Promise<void> {
  await fetch(`${EXPORTER_URL}/traffic`, { method: 'PUT', body: JSON.stringify({ service, value }) });
}

export interface Prometheus extends Program {
  readonly url: string;
}

/** A Prometheus that scrapes the exporter; several may run side by side. */
export async function startPrometheus(layout: ClusterLayout, name: string, port: number): Promise<Prometheus> {
  const directory = join(layout.directory, name);
  mkdirSync(directory, { recursive: true });
  const config = join(directory, 'prometheus.yaml');
  const scrape = { job_name: 'exporter', static_configs: [{ targets: [`${NODE_IPV4}:${EXPORTER_PORT}`] }] };
  const global = { scrape_interval: '500ms', scrape_timeout: '400ms' };
  writeFileSync(config, JSON.stringify({ global, scrape_configs: [scrape] }));

  const url = `http://${NODE_IPV4}:${port}`;
  const command = [
    'prometheus',
    `--config.file=${config}`,
    `--storage.tsdb.path=${join(directory, 'data')}`,
    `--web.listen-address=${NODE_IPV4}:${port}`,
    '--log.level=warn',
  ];
  const program = startProgram(layout, { name, command });
  await untilServes(program, async () => {
    const query = encodeURIComponent(`min(up{${UPTIME_FILTER}})`);
    const response = await fetch(`${url}/api/v1/query?query=${query}`);
    return (await response.text()).includes('"1"]');
  });
  return { ...program, url };
}
