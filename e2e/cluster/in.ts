import { openCluster } from './cluster.ts';
import { runCommand } from './command.ts';

// Runs a command inside a cluster that is up: in.ts [--name NAME] COMMAND ... (what follows is the command's own).

const [first, second, ...others] = process.argv.slice(2);
const named = first === '--name';
const command = named ? others : process.argv.slice(2);
if (command.length === 0) {
  process.stderr.write('usage: node e2e/cluster/in.ts [--name NAME] COMMAND ...\n');
  process.exit(2);
}
await runCommand(async () => {
  process.exitCode = await openCluster(named ? second : undefined).run(command);
});
