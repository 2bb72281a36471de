import { countOf } from '../words.ts';

/** What one look at the cluster found; its fields are those of `--output json`. */
export interface Finding {
  readonly check: CheckName;
  /** unknown: it cannot be told from here. warning: it works, and may cost somebody something. */
  readonly level: 'ok' | 'unknown' | 'warning' | 'problem';
  /** What it is about, such as ElastiService shop/web. */
  readonly object: string;
  readonly what: string;
  readonly why: string | null;
  readonly todo: string | null;
}

export type CheckName =
  | 'crds'
  | 'metacontroller'
  | 'composite-controller'
  | 'hook-service'
  | 'observing'
  | 'resolver'
  | 'rights'
  | 'your-rights'
  | 'prometheus'
  | 'service'
  | 'autoscaler'
  | 'pre-stop';

/** What is wrong, why it matters, and what to do. */
export interface Fault {
  readonly object: string;
  readonly what: string;
  readonly why: string;
  readonly todo: string;
}

/** The findings of one check, by their level. */
export const findingsOf = (check: CheckName) => ({
  ok: (object: string, what: string): Finding => ({ check, level: 'ok', object, what, why: null, todo: null }),
  unknown: (object: string, what: string): Finding => ({
    check,
    level: 'unknown',
    object,
    what,
    why: null,
    todo: null,
  }),
  warning: (fault: Fault): Finding => ({ check, level: 'warning', ...fault }),
  problem: (fault: Fault): Finding => ({ check, level: 'problem', ...fault }),
});

const TITLES = { ok: 'ok', unknown: 'unknown', warning: 'WARNING', problem: 'PROBLEM' } as const;
const INDENT = ' '.repeat(9);

/** The findings for people: what is wrong first. */
export function tellFindings(findings: readonly Finding[]): string {
  const order = ['problem', 'warning', 'unknown', 'ok'] as const;
  const sorted = order.flatMap((level) => findings.filter((finding) => finding.level === level));
  const lines = sorted.flatMap(({ level, object, what, why, todo }) => [
    `${TITLES[level].padEnd(9)}${object}: ${what}`,
    ...(why === null ? [] : [`${INDENT}Why it matters: ${why}`]),
    ...(todo === null ? [] : [`${INDENT}To do: ${todo}`]),
  ]);
  const count = (level: Finding['level']) => findings.filter((finding) => finding.level === level).length;
  const faults = `${countOf(count('problem'), 'problem')}, ${countOf(count('warning'), 'warning')}`;
  return [...lines, '', `${faults}, ${count('unknown')} unknown, ${count('ok')} ok`].join('\n');
}
