import { openCluster, startCluster } from '../cluster/cluster.ts';
import { runCommand } from '../cluster/command.ts';
import { isInside } from '../cluster/enter.ts';
import { checkPrometheus } from '../environment/prometheus.ts';
import { OUTER_NETWORK } from './destination.ts';
import { readOptions } from './options.ts';
import { tellCampaign } from './tell-campaign.ts';

// Starts a cluster, runs this script once more inside it, and removes the cluster. Exit code 1: a request was lost by us.

await runCommand(async () => {
  const options = readOptions();
  const { clusterName, isKeepingLogs } = options;
  if (await isInside(clusterName)) return tellCampaign(openCluster(clusterName), options);
  checkPrometheus();
  // Only Elasti's own resolver holds all that is sent here; the script inside, and what it installs, find it there.
  process.env.RESOLVER_BIN ??= 'own';
  process.env[OUTER_NETWORK] = `/proc/${process.pid}/ns/net`;
  const cluster = await startCluster({ name: clusterName });
  try {
    process.exitCode = await cluster.run([process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
  } finally {
    await cluster.stop({ keep: isKeepingLogs });
  }
});
