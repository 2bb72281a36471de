import type { z } from 'zod';
import { ConfigError } from './errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

// Their values appear nowhere, not even in the line that says what is wrong with them.
const HEADERS = 'OTEL_EXPORTER_OTLP_HEADERS';
const SECRET_NAMES = ['PROMETHEUS_TRIGGER_AUTHORIZATION_HEADER', 'HOOK_TOKEN', 'SENTRY_DSN', HEADERS];

/** Reads variables by their schema; ConfigError with one line for all that is wrong. An empty value is none. */
export function readVariables<S extends z.ZodType>(schema: S, env: Environment): z.infer<S> {
  const parsed = schema.safeParse(withoutEmpty(env));
  if (parsed.success) return parsed.data;
  // The first fault of each variable is enough.
  const faults = new Map(parsed.error.issues.reverse().map((issue) => [String(issue.path[0]), issue.message]));
  throw new ConfigError(
    [...faults].map(([variable, allowed]) => describe(variable, env[variable], allowed)).join('; '),
  );
}

/** The values that no log and no report may hold. */
export function secretsOf(env: Environment): readonly string[] {
  const values = SECRET_NAMES.flatMap((secret) => {
    const value = env[secret];
    // Of a list of headers each value is one, too.
    return value === undefined ? [] : [value, ...(secret === HEADERS ? valuesOf(value) : [])];
  });
  return values.filter((value) => value !== '');
}

function valuesOf(headers: string): readonly string[] {
  return headers.split(',').map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
}

/** The environment without empty values, which stand for none. */
export function withoutEmpty(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
}

function describe(variable: string, value: string | undefined, allowed: string): string {
  // An address may hold credentials although it must not.
  const shown = SECRET_NAMES.includes(variable) ? '(hidden)' : JSON.stringify(value?.replace(/\/\/.*@/, '//(hidden)@'));
  return `${variable} is ${shown}, allowed is ${allowed}`;
}
