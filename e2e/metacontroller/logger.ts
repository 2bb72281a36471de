import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

const LEVELS: Readonly<Record<string, string>> = { debug: 'debug', info: 'info', error: 'error', panic: 'fatal' };

/** A logger to stderr for `--zap-log-level`: a name, or a number above 0 for more detail. */
export function createLogger(zapLevel: string): Logger {
  const level = LEVELS[zapLevel] ?? (/^\d+$/.test(zapLevel) ? 'debug' : undefined);
  if (!level) throw new Error(`invalid log level ${JSON.stringify(zapLevel)}`);
  return pino({ name: 'metacontroller-stand-in', level }, pino.destination({ dest: 2, sync: true }));
}
