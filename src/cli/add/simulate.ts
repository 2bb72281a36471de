import type { Command } from 'commander';
import { type ClusterOptions, outputOption, parseDuration, parseHeader, parseNumber, parseUrl } from '../arguments.ts';
import { simulate } from '../commands/simulate.ts';
import type { Adding } from '../program.ts';

interface SimulateOptions extends Pick<ClusterOptions, 'output'> {
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

/** Adds the command that looks at the past. */
export function addSimulate(program: Command, { end, clock }: Adding): void {
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
    .action(async ({ prometheus: url, header: headers, ...options }: SimulateOptions) => {
      const { file, days, poll: pollSeconds, start: startSeconds, requestsAbove, coldHit, svg } = options;
      const replaying = { pollSeconds, startSeconds, requestsAbove, coldHitMinutes: coldHit / 60 };
      end(await simulate({ ...replaying, file, days, svg, prometheus: { url, headers }, now: clock.now() }), options);
    });
}
