import { type DestinationStream, pino, stdTimeFunctions } from 'pino';
import type { Logger } from '../effects/ports.ts';
import { describeError } from './describe-error.ts';
import { createScrub } from './scrub.ts';

const SECRET_FIELDS = ['authorization', 'Authorization', 'token', 'password', 'secret', 'cookie', 'headers', 'env'];

export interface LoggerOptions {
  readonly level: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Values that must not appear in any error text. */
  readonly secrets: readonly (string | undefined)[];
  /** Default: standard output. */
  readonly destination?: DestinationStream;
}

/** Logs one JSON object a line: level, time, message and the fields given; an error goes into the field `error`. */
export function createLogger({ level, secrets, destination }: LoggerOptions): Logger {
  const scrub = createScrub(secrets);
  const describe = (error: unknown) => describeError(error, scrub);
  const options = {
    level,
    // pid and host name are what the collector knows already
    base: null,
    messageKey: 'message',
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { error: describe, err: describe },
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '(hidden)' },
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}
