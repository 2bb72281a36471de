import { Argument, Command, CommanderError, Option } from 'commander';
import type { Clock, Random } from '../effects/ports.ts';
import {
  type ClusterOptions,
  outputOption,
  parseDuration,
  parseHeader,
  parseNumber,
  parseTime,
  parseUrl,
  withClusterOptions,
} from './arguments.ts';
import { EXIT, type ExitCode, toCliError } from './cli-error.ts';
import { doctor } from './commands/doctor.ts';
import { keepAwake } from './commands/keep-awake.ts';
import type { Outcome } from './commands/outcome.ts';
import { simulate } from './commands/simulate.ts';
import { sleep } from './commands/sleep.ts';
import { status } from './commands/status.ts';
import { wake } from './commands/wake.ts';
import { why } from './commands/why.ts';
import { completionScript, NAMES_COMMAND, SHELLS, type Shell } from './completion.ts';
import { listElastiServices } from './kube/elastiservices.ts';
import { createKube, type Kube } from './kube/kube.ts';
import { openKubeConfig } from './kube/open-kube-config.ts';

export interface ProgramDeps {
  readonly clock: Clock;
  readonly random: Pick<Random, 'uuid'>;
  /** Standard output and standard error. */
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
}

/** Runs one command line; the exit code. Never throws. */
export async function runCli(args: readonly string[], deps: ProgramDeps): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const program = createProgram(deps, (outcome, { output }) => {
    deps.write(output === 'json' ? `${JSON.stringify(outcome.json, null, 2)}\n` : `${outcome.text}\n`);
    exitCode = outcome.exitCode;
  });
  try {
    await program.parseAsync(args, { from: 'user' });
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong already; asking for help is no mistake.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    const { message, exitCode: code } = toCliError(error);
    deps.writeError(`elasti: ${message}\n`);
    return code;
  }
}

type End = (outcome: Outcome, options: Pick<ClusterOptions, 'output'>) => void;

function createProgram(deps: ProgramDeps, end: End): Command {
  const { clock, write, writeError } = deps;
  const program = new Command('elasti')
    .description('Looks at services that sleep, and wakes them or lets them sleep. Also kubectl elasti.')
    .exitOverride()
    .configureOutput({ writeOut: write, writeErr: writeError })
    .helpCommand(false);
  const note = (line: string) => writeError(`${line}\n`);

  const onCluster =
    <O extends ClusterOptions>(run: (kube: Kube, options: O & { readonly namespace: string }) => Promise<Outcome>) =>
    async (options: O) => {
      const kube = createKube(openKubeConfig(options), clock);
      end(await run(kube, { ...options, namespace: options.namespace ?? kube.namespace }), options);
    };

  withClusterOptions(program.command('status'))
    .description('ElastiServices with their phases, and what each waits for')
    .option('-A, --all-namespaces', 'of all namespaces')
    .action(
      onCluster<ClusterOptions & { allNamespaces?: true }>((kube, { namespace, allNamespaces, elastiNamespace }) =>
        status(kube, { namespace: allNamespaces ? undefined : namespace, elastiNamespace, now: clock.now() }),
      ),
    );

  withClusterOptions(program.command('why'))
    .description('why an ElastiService is as it is, and what it waits for')
    .argument('<name>', 'the ElastiService')
    .action((name: string, options: ClusterOptions) =>
      onCluster((kube, { namespace, elastiNamespace }) =>
        why(kube, { namespace, name, elastiNamespace, now: clock.now() }),
      )(options),
    );

  withWaitOptions(withClusterOptions(program.command('wake')))
    .description('wakes an ElastiService and waits until it is up')
    .action((name: string, options: WaitOptions) =>
      onCluster<WaitOptions>((kube, given) => wake(kube, { ...deps, ...waitingOf(given), name, note }))(options),
    );

  withWaitOptions(withClusterOptions(program.command('sleep')))
    .description('asks an ElastiService to sleep without waiting for its cooldown, and waits until it does')
    .action((name: string, options: WaitOptions) =>
      onCluster<WaitOptions>((kube, given) => sleep(kube, { ...deps, ...waitingOf(given), name, note }))(options),
    );

  withWaitOptions(withClusterOptions(program.command('keep-awake')))
    .description('keeps an ElastiService awake for a while, and wakes it where it sleeps')
    .addOption(new Option('--for <duration>', 'for how long, such as 2h').argParser(parseDuration))
    .addOption(
      new Option('--until <time>', 'until when, such as 2026-03-01T18:00:00Z').argParser(parseTime).conflicts('for'),
    )
    .addOption(new Option('--always', 'until somebody ends it: switches its sleep off').conflicts(['for', 'until']))
    .addOption(new Option('--end', 'lets it sleep again').conflicts(['for', 'until', 'always']))
    .action((name: string, options: KeepAwakeChoice, command: Command) => {
      const until = untilOf(options, clock.now());
      if (until === undefined) return command.error('error: say for how long: --for, --until, --always, or --end');
      return onCluster<WaitOptions>((kube, given) =>
        keepAwake(kube, { ...deps, ...waitingOf(given), name, note, until }),
      )(options);
    });

  withClusterOptions(program.command('doctor'))
    .description('what is wrong with the installation or with ElastiServices; ends with 1 where something is')
    .option('-A, --all-namespaces', 'ElastiServices of all namespaces')
    .action(
      onCluster<ClusterOptions & { allNamespaces?: true }>((kube, { namespace, allNamespaces, elastiNamespace }) =>
        doctor(kube, { namespace: allNamespaces ? undefined : namespace, elastiNamespace, now: clock.now() }),
      ),
    );

  program
    .command('simulate')
    .description('replays the past of an ElastiService from Prometheus: hours asleep, cold hits, better values')
    .requiredOption('-f, --file <path>', 'manifest of the ElastiService, - for standard input')
    .requiredOption('--prometheus <url>', 'where its past is', parseUrl)
    .option('--header <header>', "sent to Prometheus, as 'Name: value'; may be repeated", parseHeader, {})
    .option('--days <number>', 'how far to go back', parseNumber(0.01, 366), 7)
    .option('--poll <duration>', 'POLLING_INTERVAL of the hook service', parseDuration, 30)
    .option('--start <duration>', 'how long a pod takes to become ready', parseDuration, 10)
    .option('--requests-above <value>', 'a value above it means that a request came', parseNumber(-1e12, 1e12), 0)
    .option('--cold-hit <duration>', 'how much sleep one cold hit outweighs', parseDuration, 600)
    .option('--svg <path>', 'where to draw the days')
    .addOption(outputOption())
    .action(async ({ prometheus: url, header: headers, ...options }: SimulateArguments) => {
      const { poll: pollSeconds, start: startSeconds, coldHit } = options;
      const more = { pollSeconds, startSeconds, coldHitMinutes: coldHit / 60, prometheus: { url, headers } };
      end(await simulate({ ...options, ...more, svg: options.svg, now: clock.now() }), options);
    });

  program
    .command('completion')
    .description('a script that completes command lines')
    .addArgument(new Argument('<shell>', 'the shell').choices(SHELLS))
    .action((shell: Shell) => write(completionScript(program, shell)));

  // Called by the completion scripts while somebody types: where it cannot tell, it says nothing.
  withClusterOptions(program.command(NAMES_COMMAND, { hidden: true })).action(async (options: ClusterOptions) => {
    const kube = createKube(openKubeConfig(options), clock);
    const parents = await listElastiServices(kube, options.namespace ?? kube.namespace);
    write(parents.map(({ metadata }) => `${metadata.name}\n`).join(''));
  });
  return program;
}

interface WaitOptions extends ClusterOptions {
  readonly timeout: number;
  readonly wait: boolean;
}

const withWaitOptions = (command: Command): Command =>
  command
    .argument('<name>', 'the ElastiService')
    .option('--timeout <duration>', 'how long to wait', parseDuration, 300)
    .option('--no-wait', 'ends once the wish is recorded');

const waitingOf = ({ namespace, timeout, wait }: WaitOptions & { readonly namespace: string }) => ({
  namespace,
  timeoutSeconds: timeout,
  isNotWaiting: !wait,
});

interface KeepAwakeChoice extends WaitOptions {
  readonly for?: number;
  readonly until?: Date;
  readonly always?: true;
  readonly end?: true;
}

function untilOf({ for: seconds, until, always, end }: KeepAwakeChoice, now: Date) {
  if (always) return 'always';
  if (end) return 'end';
  return seconds === undefined ? until : new Date(now.getTime() + seconds * 1000);
}

interface SimulateArguments extends Pick<ClusterOptions, 'output'> {
  readonly file: string;
  readonly prometheus: string;
  readonly header: Readonly<Record<string, string>>;
  readonly days: number;
  readonly poll: number;
  readonly start: number;
  readonly requestsAbove: number;
  readonly coldHit: number;
  readonly svg?: string;
}
