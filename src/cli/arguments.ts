import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseGoDuration } from '../core/go-duration.ts';

/** Options that every command has which asks a cluster. */
export interface ClusterOptions {
  readonly namespace?: string;
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly elastiNamespace: string;
  readonly output: 'text' | 'json';
}

export const outputOption = () =>
  new Option('-o, --output <format>', 'what to print').choices(['text', 'json']).default('text');

/** Adds the options that say which cluster, and where in it. */
export function withClusterOptions(command: Command): Command {
  return command
    .option('-n, --namespace <name>', "namespace (default: that of the kubeconfig's context)")
    .option('--context <name>', 'context of the kubeconfig')
    .option('--kubeconfig <path>', 'kubeconfig file')
    .option('--elasti-namespace <name>', 'where the hook service is installed', 'elasti')
    .addOption(outputOption());
}

/** Seconds of an argument such as 2h or 1h30m. */
export function parseDuration(text: string): number {
  const seconds = parseGoDuration(text);
  if (seconds === undefined || seconds <= 0) throw new InvalidArgumentError('It is a duration such as 90s, 30m or 2h.');
  return seconds;
}

/** A time of an argument, such as 2026-03-01T18:00:00Z. */
export function parseTime(text: string): Date {
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const time = new Date(text);
  if (!isTime || Number.isNaN(time.getTime())) {
    throw new InvalidArgumentError('It is a time with its zone, such as 2026-03-01T18:00:00Z.');
  }
  return time;
}

/** A number of an argument within bounds. */
export const parseNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const number = Number(text);
    if (text.trim() === '' || !(number >= min && number <= max)) {
      throw new InvalidArgumentError(`It is a number from ${min} to ${max}.`);
    }
    return number;
  };

/** An http or https address of an argument. */
export function parseUrl(text: string): string {
  const url = URL.parse(text);
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new InvalidArgumentError('It is an address such as http://localhost:9090.');
  }
  return text;
}

/** One more header of an argument. */
export function parseHeader(text: string, before: Readonly<Record<string, string>>): Record<string, string> {
  const [, name, value] = /^([-!#$%&'*+.^_`|~0-9A-Za-z]+):\s*([\x20-\x7e]*)$/.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError("It is written 'Name: value'.");
  return { ...before, [name]: value };
}
