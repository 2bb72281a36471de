import type { Clock } from '../effects/ports.ts';
import { ConfigError, InvalidRequestError, KubeApiError, UnknownServiceError } from '../errors.ts';
import { codeOf } from './describe-error.ts';

const QUIET_MS = 60_000;
const MAX_REMEMBERED = 1000;

/** Where an error came up, and with which ElastiService. */
export interface ReportContext {
  /** A word of ours for the place, such as a route or `carry out`. */
  readonly where: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export type Report = (error: unknown, context: ReportContext) => void;

/** Sends one error on, with tags. */
export type Capture = (error: unknown, tags: Readonly<Record<string, string>>) => void;

export interface ReporterDeps {
  readonly capture: Capture;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

/**
 * Reports what a person must know: bugs, and failures of the API server. Answers to a malformed or unknown request and
 * what any busy cluster does (NOT_FOUND, CONFLICT) are none of these. One code at one place is reported once a minute.
 */
export function createReport({ capture, clock }: ReporterDeps): Report {
  const reportedAtMs = new Map<string, number>();

  const isQuiet = (key: string): boolean => {
    const nowMs = clock.monotonicMs();
    const lastMs = reportedAtMs.get(key);
    if (lastMs !== undefined && nowMs - lastMs < QUIET_MS) return true;
    if (reportedAtMs.size >= MAX_REMEMBERED) reportedAtMs.clear();
    reportedAtMs.set(key, nowMs);
    return false;
  };

  return (error, { where, namespace, name }) => {
    if (isExpected(error)) return;
    const code = codeOf(error) ?? (error instanceof Error ? error.name : 'NotAnError');
    if (isQuiet(`${where} ${code}`)) return;
    capture(error, {
      where,
      code,
      ...(namespace === undefined ? {} : { namespace }),
      ...(name === undefined ? {} : { name }),
    });
  };
}

function isExpected(error: unknown): boolean {
  if (error instanceof KubeApiError) return error.code === 'NOT_FOUND' || error.code === 'CONFLICT';
  return error instanceof InvalidRequestError || error instanceof UnknownServiceError || error instanceof ConfigError;
}

export interface Reporter {
  readonly report: Report;
  /** Waits until everything was sent, this long at most. */
  flush(timeoutMs: number): Promise<void>;
}

/** Reports to Sentry where instrument has started it; else to nobody, without loading it. */
export function createSentryReporter(clock: Pick<Clock, 'monotonicMs'>): Reporter {
  // Sentry's own mark of being there.
  const sentry = '__SENTRY__' in globalThis ? import('./sentry.ts') : undefined;
  return {
    report: createReport({
      clock,
      capture: async (error, tags) => (await sentry)?.captureWithSentry(error, tags),
    }),
    flush: async (timeoutMs) => (await sentry)?.flushSentry(timeoutMs),
  };
}
