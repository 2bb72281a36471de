import { writeFileSync } from 'node:fs';
import type { Cluster } from '../cluster/cluster.ts';
import { runCampaign } from './campaign.ts';
import type { LossOptions } from './options.ts';
import { countOurs, formatReport } from './report.ts';

/** Runs it, prints the tables and sets the exit code. */
export async function tellCampaign(cluster: Cluster, options: LossOptions): Promise<void> {
  const startedAt = performance.now();
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(1)} s`;
  const step = (what: string) => {
    if (options.isVerbose || !/^\S+-\d+ /.test(what)) print(`loss: ${seconds()} ${what}`);
  };
  const { control, elasti } = await runCampaign({ cluster, options, step });
  const ours = countOurs(elasti);
  const { losses, figures, disturbances, failures } = elasti;
  const { harms } = disturbances;
  if (options.json) writeFileSync(options.json, `${JSON.stringify({ losses, harms, figures, failures }, rounded)}\n`);
  print(`\n${formatReport(control, elasti)}\n`);
  print(`${elasti.figures.length} cycles in ${seconds()}, ${elasti.losses.length} requests lost, ${ours} by us`);
  process.exitCode = ours > 0 || elasti.failures.length > 0 ? 1 : 0;
}

const rounded = (_key: string, value: unknown): unknown => (typeof value === 'number' ? Math.round(value) : value);
