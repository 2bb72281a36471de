import { Argument, type Command } from 'commander';
import { type ClusterOptions, withClusterOptions } from '../arguments.ts';
import { completionScript, NAMES_COMMAND, SHELLS, type Shell } from '../completion.ts';
import { listElastiServices } from '../kube/elastiservices.ts';
import { createKube } from '../kube/kube.ts';
import { openKubeConfig } from '../kube/open-kube-config.ts';
import type { Adding } from '../program.ts';

/** Adds what completes command lines: the scripts, and the names that they ask for. */
export function addCompletion(program: Command, { clock, write }: Adding): void {
  program
    .command('completion')
    .description('a script that completes command lines')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => write(completionScript(program, shell)));

  withClusterOptions(program.command(NAMES_COMMAND, { hidden: true })).action(async (options: ClusterOptions) => {
    const kube = createKube(openKubeConfig(options), clock);
    const parents = await listElastiServices(kube, options.namespace ?? kube.namespace);
    write(parents.map(({ metadata }) => `${metadata.name}\n`).join(''));
  });
}
