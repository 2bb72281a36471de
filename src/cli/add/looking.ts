import type { Command } from 'commander';
import { type ClusterOptions, withClusterOptions } from '../arguments.ts';
import { doctor } from '../commands/doctor.ts';
import { status } from '../commands/status.ts';
import { why } from '../commands/why.ts';
import type { Adding } from '../program.ts';

interface ScopeOptions extends ClusterOptions {
  readonly allNamespaces?: true;
}

/** Adds the commands that only look: status, why, doctor. */
export function addLooking(program: Command, { onCluster, clock }: Adding): void {
  const scopeOf = ({ namespace, allNamespaces, elastiNamespace }: ScopeOptions) => ({
    namespace: allNamespaces ? undefined : namespace,
    elastiNamespace,
    now: clock.now(),
  });

  withClusterOptions(program.command('status'))
    .description('ElastiServices with their phases, and what each does next')
    .option('-A, --all-namespaces', 'of all namespaces')
    .action((options: ScopeOptions) => onCluster(options, (kube, given) => status(kube, scopeOf(given))));

  withClusterOptions(program.command('why'))
    .description('why an ElastiService is as it is, and what it does next')
    .argument('<name>', 'the ElastiService')
    .action((name: string, options: ClusterOptions) =>
      onCluster(options, (kube, { namespace, elastiNamespace }) =>
        why(kube, { namespace, name, elastiNamespace, now: clock.now() }),
      ),
    );

  withClusterOptions(program.command('doctor'))
    .description('what is wrong with the installation or with ElastiServices; ends with 1 where something is')
    .option('-A, --all-namespaces', 'ElastiServices of all namespaces')
    .action((options: ScopeOptions) => onCluster(options, (kube, given) => doctor(kube, scopeOf(given))));
}
