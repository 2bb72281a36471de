import { quantile } from '../loss/report.ts';
import type { Asked, Probed } from './requests.ts';

/** One line of the table. */
export interface Figure {
  readonly what: string;
  readonly result: string;
}

/** The middle and the worst of durations; those that never came are counted. */
export function durations(values: readonly (number | undefined)[], unit: 'ms' | 's' = 'ms'): string {
  const seen = values.filter((value) => value !== undefined).map((value) => (unit === 's' ? value / 1000 : value));
  const missing = values.length - seen.length;
  const known = seen.length === 0 ? '' : `p50 ${quantile(seen, 0.5)} ${unit}, max ${quantile(seen, 1)} ${unit}`;
  const never = missing > 0 ? `never in ${missing}` : '';
  return `${[known, never].filter(Boolean).join(', ')} (n=${values.length})`;
}

/** How many were lost, and how. */
export function losses(asked: readonly Asked[]): string {
  const lost = asked.flatMap((each) => each.lost ?? []);
  const kinds = [...Map.groupBy(lost, (text) => text)].map(([text, all]) => `${text} x${all.length}`);
  return `${lost.length} lost of ${asked.length}${kinds.length > 0 ? ` (${kinds.join(', ')})` : ''}`;
}

/** How many attempts to connect failed, and when the last of them began. */
export function failedProbes(probed: readonly Probed[], sinceMs: number): string {
  const failed = probed.filter(({ isConnected, beganAtMs }) => !isConnected && beganAtMs >= sinceMs);
  const last = failed.at(-1);
  return last ? `${failed.length}, last at ${((last.beganAtMs - sinceMs) / 1000).toFixed(2)} s` : '0';
}
