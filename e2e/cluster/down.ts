import { parseArgs } from 'node:util';
import { DEFAULT_NAME, removeCluster } from './cluster.ts';
import { runCommand } from './command.ts';

const { values } = parseArgs({
  options: { name: { type: 'string', default: DEFAULT_NAME }, keep: { type: 'boolean', default: false } },
});

await runCommand(async () => {
  await removeCluster(values.name, { keep: values.keep });
  process.stdout.write(`cluster ${values.name} is gone${values.keep ? ', its directory is kept' : ''}\n`);
});
