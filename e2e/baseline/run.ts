import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Cluster, openCluster, startCluster } from '../cluster/cluster.ts';
import { runCommand } from '../cluster/command.ts';
import { isInside } from '../cluster/enter.ts';
import { checkPrometheus } from '../environment/prometheus.ts';
import type { Figure } from './figures.ts';
import { measure } from './measure.ts';
import { formatFigures } from './table.ts';

// For each system: starts a cluster, runs this script once more inside it to measure, and removes the cluster. With
// RESOLVER_BIN and KUBEELASTI_OPERATOR_BIN KubeElasti is measured after Elasti, and stands beside it in the table;
// `--without-elasti`: alone.

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'baseline' },
    only: { type: 'string', default: '' },
    'without-elasti': { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});
const { name } = values;
const { RESOLVER_BIN, KUBEELASTI_OPERATOR_BIN } = process.env;

await runCommand(async () => {
  if (await isInside(name)) return measureInside(openCluster(name));
  checkPrometheus();
  if ((RESOLVER_BIN === undefined) !== (KUBEELASTI_OPERATOR_BIN === undefined)) {
    throw new Error('KubeElasti takes both RESOLVER_BIN and KUBEELASTI_OPERATOR_BIN');
  }
  const ours = values['without-elasti']
    ? []
    : await measureOne({ RESOLVER_BIN: 'own', KUBEELASTI_OPERATOR_BIN: undefined });
  const theirs =
    KUBEELASTI_OPERATOR_BIN === undefined ? [] : await measureOne({ RESOLVER_BIN, KUBEELASTI_OPERATOR_BIN });
  process.stdout.write(`\n${formatFigures(ours, theirs)}\n`);
});

/** Where the script inside leaves what it measured. */
function resultOf({ directory }: Cluster): string {
  return join(directory, 'figures.json');
}

async function measureOne(environment: Readonly<Record<string, string | undefined>>): Promise<readonly Figure[]> {
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined) delete process.env[variable];
    else process.env[variable] = value;
  }
  const cluster = await startCluster({ name });
  try {
    const code = await cluster.run([process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
    if (code !== 0) throw new Error(`it could not be measured (exit ${code})`);
    return JSON.parse(readFileSync(resultOf(cluster), 'utf8')) as readonly Figure[];
  } finally {
    await cluster.stop();
  }
}

async function measureInside(cluster: Cluster): Promise<void> {
  const startedAtMs = performance.now();
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const step = (what: string) => {
    if (values.verbose) print(`baseline: ${((performance.now() - startedAtMs) / 1000).toFixed(1)} s ${what}`);
  };
  const figures = await measure(cluster, {
    operator: KUBEELASTI_OPERATOR_BIN,
    only: new RegExp(values.only, 'i'),
    step,
    taken: ({ what, result }) => print(`baseline: ${what}: ${result}`),
  });
  writeFileSync(resultOf(cluster), JSON.stringify(figures));
}
