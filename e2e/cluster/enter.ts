import { type Cluster, type ClusterOptions, DEFAULT_NAME, openCluster, startCluster } from './cluster.ts';
import { makeLayout } from './layout.ts';
import { namespaceIdentity } from './process-identity.ts';

/** Whether this process lives in the cluster's network namespace, and so can reach its API server and services. */
export async function isInside(name: string): Promise<boolean> {
  const [own, theirs] = await Promise.all([
    namespaceIdentity('/proc/self/ns/net'),
    namespaceIdentity(makeLayout(name).namespaceFile),
  ]);
  return theirs !== undefined && own === theirs;
}

/** Returns inside the namespace. Outside, runs this very script and its arguments there and exits with its code. */
export async function enterNamespace(name: string = DEFAULT_NAME): Promise<void> {
  if (await isInside(name)) return;
  process.exit(await runSelf(openCluster(name)));
}

/**
 * Starts a cluster, runs this very script inside it (where `story` gets called), removes the cluster whatever happened
 * and sets the exit code. The half that cleans up is outside, so a story that crashes leaves nothing behind either.
 */
export async function withCluster(options: ClusterOptions, story: (cluster: Cluster) => Promise<void>): Promise<void> {
  const { name = DEFAULT_NAME } = options;
  if (await isInside(name)) return story(openCluster(name));
  const cluster = await startCluster(options);
  try {
    process.exitCode = await runSelf(cluster);
  } finally {
    await cluster.stop();
  }
}

function runSelf(cluster: Cluster): Promise<number> {
  return cluster.run([process.execPath, ...process.execArgv, ...process.argv.slice(1)]);
}
