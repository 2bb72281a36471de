import { type Command, Option } from 'commander';
import { type ClusterOptions, parseDuration, parseTime, withClusterOptions } from '../arguments.ts';
import { keepAwake } from '../commands/keep-awake.ts';
import { sleep } from '../commands/sleep.ts';
import { wake } from '../commands/wake.ts';
import type { Adding } from '../program.ts';

interface WaitOptions extends ClusterOptions {
  readonly timeout: number;
  readonly wait: boolean;
}

interface KeepAwakeOptions extends WaitOptions {
  readonly for?: number;
  readonly until?: Date;
  readonly always?: true;
  readonly end?: true;
}

const HOW_LONG = 'say for how long: --for, --until, --always, or --end';

/** Adds the commands that tell a person's will: wake, sleep, keep-awake. */
export function addWilling(program: Command, adding: Adding): void {
  const { onCluster, clock, random, writeError } = adding;
  const waitingOf = ({ namespace, timeout, wait }: WaitOptions & { readonly namespace: string }) => ({
    clock,
    random,
    note: (line: string) => writeError(`${line}\n`),
    namespace,
    timeoutSeconds: timeout,
    isNotWaiting: !wait,
  });

  withWaitOptions(program.command('wake'))
    .description('wakes an ElastiService and waits until it is up')
    .action((name: string, options: WaitOptions) =>
      onCluster(options, (kube, given) => wake(kube, { ...waitingOf(given), name })),
    );

  withWaitOptions(program.command('sleep'))
    .description('asks an ElastiService to sleep without waiting for its cooldown, and waits until it does')
    .action((name: string, options: WaitOptions) =>
      onCluster(options, (kube, given) => sleep(kube, { ...waitingOf(given), name })),
    );

  withWaitOptions(program.command('keep-awake'))
    .description('keeps an ElastiService awake for a while, and wakes it where it sleeps')
    .addOption(new Option('--for <duration>', 'for how long, such as 2h').argParser(parseDuration))
    .addOption(
      new Option('--until <time>', 'until when, such as 2026-03-01T18:00:00Z').argParser(parseTime).conflicts('for'),
    )
    .addOption(new Option('--always', 'until somebody ends it: switches its sleep off').conflicts(['for', 'until']))
    .addOption(new Option('--end', 'lets it sleep again').conflicts(['for', 'until', 'always']))
    .action((name: string, options: KeepAwakeOptions, command: Command) => {
      const until = untilOf(options, clock.now());
      if (until === undefined) return command.error(`error: ${HOW_LONG}`);
      return onCluster<WaitOptions>(options, (kube, given) => keepAwake(kube, { ...waitingOf(given), name, until }));
    });
}

const withWaitOptions = (command: Command): Command =>
  withClusterOptions(command)
    .argument('<name>', 'the ElastiService')
    .option('--timeout <duration>', 'how long to wait', parseDuration, 300)
    .option('--no-wait', 'ends once the wish is recorded');

function untilOf({ for: seconds, until, always, end }: KeepAwakeOptions, now: Date) {
  if (always) return 'always';
  if (end) return 'end';
  return seconds === undefined ? until : new Date(now.getTime() + seconds * 1000);
}
