import { KUBE_CODES } from '../errors.ts';
import { REASONS } from '../triggers/reasons.ts';
import { codeOf } from './describe-error.ts';

// Labels hold words of closed lists: what is in none of them becomes `other`, never a series of its own.

const CODES = ['success', ...KUBE_CODES, 'INVALID_REQUEST', 'UNKNOWN_SERVICE', 'INTERNAL'] as const;
export type MetricCode = (typeof CODES)[number];

const HOOKS = ['sync', 'finalize', 'customize'] as const;
export type Hook = (typeof HOOKS)[number];

const ROUTES = [
  '/sync',
  '/finalize',
  '/customize',
  '/informer/incoming-request',
  '/crd-cache',
  '/metrics',
  '/healthz',
  '/readyz',
];

const OTHER = 'other';

/** The code as it stands in the label `error`. */
export function codeLabel(code: string): string {
  return among(CODES, code);
}

/** The code to count for something thrown; INTERNAL where it is none of ours. */
export function metricCodeOf(error: unknown): MetricCode {
  const code = codeOf(error);
  return CODES.find((known) => known === code && known !== 'success') ?? 'INTERNAL';
}

/** The template of a route. */
export function routeLabel(route: string): string {
  return among(ROUTES, route);
}

/** The HTTP status. */
export function statusLabel(status: number): string {
  return Number.isInteger(status) && status >= 100 && status <= 599 ? String(status) : OTHER;
}

/** The reason of a trigger's reading. */
export function reasonLabel(reason: string): string {
  return Object.hasOwn(REASONS, reason) ? reason : OTHER;
}

function among(known: readonly string[], word: string): string {
  return known.includes(word) ? word : OTHER;
}
