import { z } from 'zod';
import { ConfigError, KubeApiError } from '../errors.ts';
import { ApiServerAnswer } from '../kube/kube-error.ts';

/** What the process ends with. They are documented in docs/cli.md and do not change. */
export const EXIT = {
  done: 0,
  /** doctor: something is wrong. */
  found: 1,
  usage: 2,
  unreachable: 3,
  forbidden: 4,
  notFound: 5,
  /** What was asked for did not come about in time. */
  late: 6,
  bug: 70,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Ends a command with one line for the person who asked. */
export class CliError extends Error {
  readonly exitCode: ExitCode;
  override readonly name = 'CliError';

  constructor(exitCode: ExitCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.exitCode = exitCode;
  }
}

/** The line and the exit code for anything that was thrown. */
export function toCliError(error: unknown): CliError {
  if (error instanceof CliError) return error;
  if (error instanceof ConfigError) return new CliError(EXIT.unreachable, error.message, { cause: error });
  if (error instanceof KubeApiError) return ofKubeError(error);
  const message = error instanceof Error ? error.message : String(error);
  return new CliError(EXIT.bug, `this is a fault of elasti itself: ${firstLine(message)}`, { cause: error });
}

function ofKubeError(error: KubeApiError): CliError {
  const said = firstLine(saidBy(error));
  const because = (exitCode: ExitCode, why: string) =>
    new CliError(exitCode, `${error.message}: ${why}`, { cause: error });
  switch (error.code) {
    case 'FORBIDDEN':
      return because(EXIT.forbidden, error.status === 401 ? `the API server does not know you (${said})` : said);
    case 'NOT_FOUND':
      return because(EXIT.notFound, said);
    case 'CONFLICT':
    case 'INVALID':
    case 'TOO_MANY_REQUESTS':
      return because(EXIT.unreachable, `the API server refused (${said})`);
    case 'TIMEOUT':
      return because(EXIT.unreachable, 'the API server did not answer in time');
    case 'UNAVAILABLE':
    case 'SERVER_ERROR':
      return because(EXIT.unreachable, `the API server cannot be reached or failed (${said})`);
    default:
      return error.code satisfies never;
  }
}

/** Whether the API server knows the kind and has no such object; else the kind itself is missing. */
export const isObjectMissing = ({ cause }: KubeApiError): boolean =>
  cause instanceof ApiServerAnswer && cause.reasons.includes('NotFound');

/** What the API server, or the system in its place, said: a caller of ours may read it in full. */
export function saidBy({ cause, code }: KubeApiError): string {
  if (cause instanceof AggregateError) return cause.errors.map((error) => saidIn(error)).join(', ') || code;
  return cause instanceof Error ? saidIn(cause) : code;
}

function saidIn(error: unknown): string {
  if (error instanceof z.ZodError) return `its answer is not as expected at ${error.issues[0]?.path.join('.')}`;
  return error instanceof Error ? error.message.replace(/^HTTP \d+: /, '') : '';
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';
