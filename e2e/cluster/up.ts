import { parseArgs } from 'node:util';
import { DEFAULT_NAME, startCluster } from './cluster.ts';
import { runCommand } from './command.ts';

const { values } = parseArgs({
  options: { name: { type: 'string', default: DEFAULT_NAME }, audit: { type: 'boolean', default: false } },
});

await runCommand(async () => {
  const startedAt = performance.now();
  const cluster = await startCluster(values);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const name = values.name === DEFAULT_NAME ? '' : ` --name ${values.name}`;
  process.stdout.write(`cluster ${cluster.name} is up (${seconds} s), logs and pods' output in ${cluster.directory}
  a command inside:  node e2e/cluster/in.ts${name} kubectl get pods -A
  without Node.js:   ip netns exec elasti-${cluster.name} env KUBECONFIG=${cluster.kubeconfig} kubectl get pods -A
  remove it:         node e2e/cluster/down.ts${name}
`);
});
