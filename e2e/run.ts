import { parseArgs } from 'node:util';
import { openCluster, startCluster } from './cluster/cluster.ts';
import { runCommand } from './cluster/command.ts';
import { isInside } from './cluster/enter.ts';
import { checkPrometheus } from './environment/prometheus.ts';
import { type TellOptions, tellStories } from './tell.ts';

// Starts a cluster, runs this script once more inside it to tell the stories, and removes the cluster.

const { values } = parseArgs({
  options: {
    name: { type: 'string', default: 'e2e' },
    only: { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
  },
});
const { name, keep, verbose } = values;

await runCommand(async () => {
  const options: TellOptions = { only: new RegExp(values.only, 'i'), isVerbose: verbose };
  if (await isInside(name)) return tellStories(openCluster(name), options);

  checkPrometheus();
  const startedAt = performance.now();
  const secondsSoFar = () => ((performance.now() - startedAt) / 1000).toFixed(1);
  const cluster = await startCluster({ name, audit: true });
  process.stdout.write(`e2e: cluster: ${secondsSoFar()} s\n`);
  try {
    process.exitCode = await cluster.run([process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  } finally {
    if (!keep) await cluster.stop();
  }
  process.stdout.write(`e2e: all: ${secondsSoFar()} s\n`);
  if (keep) {
    process.stdout.write(`the cluster stays, logs and pods' output in ${cluster.directory}
  look around:  node e2e/cluster/in.ts --name ${name} kubectl get elasti -A
  remove it:    node e2e/cluster/down.ts --name ${name}
`);
  }
});
