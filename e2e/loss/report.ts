import { formatTable } from '../../src/cli/table.ts';
import { tallyKey } from './book.ts';
import { CAUSES, type Cause } from './causes.ts';
import { BURSTS, type CycleFigures } from './cycle.ts';
import type { JudgedLoss, RunResult } from './judge.ts';
import type { End } from './outcome.ts';
import { MANNERS } from './site.ts';

const ENDS: readonly End[] = ['refused', 'reset', 'unanswered', 'wrong'];
/** Enough to see what kind of loss it is. */
const SHOWN_LOSSES = 60;

/** The tables of a run, for people. */
export function formatReport(control: RunResult, elasti: RunResult): string {
  const rows = [
    ...rowsOf('without Elasti, restarts', control, ['control']),
    ...rowsOf('with Elasti', elasti, duringOf(elasti)),
  ];
  const head = ['', 'pods', 'requests', 'answered', 'late', 'repeated', ...ENDS, 'ours', "Kubernetes' own"];
  return [
    formatTable(head, rows),
    '',
    formatTable(['cause', 'without Elasti', 'with Elasti', ''], causeRows(control, elasti)),
    '',
    formatTable(
      ['lost to pods that ended, for each that did', ...MANNERS],
      [
        ['without Elasti, restarts', ...lossesPerEnd(control)],
        ['with Elasti, sleeps', ...lossesPerEnd(elasti)],
      ],
    ),
    '',
    formatTable(['', 'n', 'p50', 'p99', 'max'], figureRows(elasti)),
    '',
    `the API server stood still: ${standstillsOf(elasti)}`,
    `faults: ${[...elasti.disturbances.counts].map(([name, count]) => `${name} ${count}`).join(', ') || 'none'}`,
    ...elasti.failures.map((failure) => `failed: ${failure}`),
    ...examplesOf(control).map((example) => `without Elasti: ${example}`),
    ...examplesOf(elasti).map((example) => `with Elasti: ${example}`),
  ].join('\n');
}

/** Losses that are ours. */
export function countOurs({ losses }: Pick<RunResult, 'losses'>): number {
  return losses.filter(isOurs).length;
}

const isOurs = ({ cause }: JudgedLoss) => CAUSES[cause].isOurs;

function duringOf({ book }: RunResult): readonly string[] {
  return [...new Set([...book.tallies.keys()].map((key) => key.split(' ')[0] ?? ''))];
}

function rowsOf(title: string, result: RunResult, during: readonly string[]): string[][] {
  const { book, losses } = result;
  return during.flatMap((each) =>
    MANNERS.flatMap((manners) => {
      const tally = book.tallies.get(tallyKey(each, { manners }));
      if (!tally) return [];
      const lost = losses.filter(({ during: happened, site }) => happened === each && site.manners === manners);
      const counts = ENDS.map((end) => lost.filter(({ outcome }) => outcome.lost.end === end).length);
      const ours = countOurs({ losses: lost });
      const { sent, answered, late, repeated } = tally;
      const row = [sent, answered, late, repeated, ...counts, ours, lost.length - ours].map(String);
      return [[each === 'control' ? title : `${title}, ${each}`, manners, ...row]];
    }),
  );
}

function causeRows(control: RunResult, elasti: RunResult): string[][] {
  const names = Object.keys(CAUSES) as Cause[];
  return names.flatMap((name) => {
    const counts = [control, elasti].map(({ losses }) => losses.filter(({ cause }) => cause === name).length);
    const { isOurs, sentence } = CAUSES[name];
    return counts.some((count) => count > 0)
      ? [[name, ...counts.map(String), `${isOurs ? 'OURS: ' : ''}${sentence}`]]
      : [];
  });
}

const BY_ENDING: readonly Cause[] = ['stalePod', 'abruptPod', 'cutByAbruptPod'];

/** By the manners of pods: what each loses when it ends, whatever ended it. */
function lossesPerEnd({ losses, ended }: RunResult): readonly string[] {
  return MANNERS.map((manners) => {
    const lost = losses.filter(({ site, cause }) => site.manners === manners && BY_ENDING.includes(cause)).length;
    const ends = ended.filter((site) => site.manners === manners).length;
    return ends === 0 ? '-' : `${(lost / ends).toFixed(2)} (${lost} in ${ends})`;
  });
}

function figureRows({ figures, book }: RunResult): string[][] {
  const waited = ({ site, zeroAtMs, readyAtMs }: CycleFigures) =>
    book.held
      .filter((held) => held.site === site && held.beganAtMs > zeroAtMs && held.beganAtMs < readyAtMs)
      .map(({ endedAtMs }) => endedAtMs - readyAtMs);
  const rows: [string, readonly number[], string][] = [
    ['last client gone -> replicas 0', figures.flatMap(({ idleToZeroMs }) => idleToZeroMs ?? []), ' ms'],
    ['first client -> replicas raised', figures.flatMap(({ askedToRaisedMs }) => askedToRaisedMs ?? []), ' ms'],
    ...BURSTS.map((burst): [string, readonly number[], string] => [
      `pod ready -> answer to who waited, ${burst} at once`,
      figures.filter((each) => each.burst === burst).flatMap(waited),
      ' ms',
    ]),
    ['pod ready -> no more redirected', figures.map(({ switchBackMs }) => switchBackMs), ' ms'],
    ['connections still through a resolver then', figures.map(({ stillThroughResolver }) => stillThroughResolver), ''],
  ];
  return rows.map(([name, values, unit]) => [
    name,
    String(values.length),
    ...[0.5, 0.99, 1].map((q) => quantile(values, q) + unit),
  ]);
}

export function quantile(values: readonly number[], q: number): string {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)];
  if (value === undefined) return '-';
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : String(Math.round(value));
}

/** One for each kind of loss, with how many there are of it. */
function examplesOf({ losses }: RunResult): readonly string[] {
  const described = losses.map((loss) => {
    const { site, client, outcome, beganAtMs, endedAtMs, destination = 'nobody', during, cause } = loss;
    const text = outcome.lost.text.replaceAll(/[0-9.:]{6,}|\([0-9.:]+\)/g, '...');
    const kind = `${isOurs(loss) ? 'OURS: ' : ''}${cause}, ${client}, ${site.manners}, during ${during}: ${text}`;
    const ms = `${Math.round(beganAtMs)}..${Math.round(endedAtMs)} ms`;
    return { kind, example: `${site.name} at ${ms}, sent to ${destination}` };
  });
  const isShownFirst = (kind: string) => kind.startsWith('OURS');
  const kinds = [...Map.groupBy(described, ({ kind }) => kind)].sort(
    ([a], [b]) => Number(isShownFirst(b)) - Number(isShownFirst(a)) || (a < b ? -1 : 1),
  );
  return kinds.slice(0, SHOWN_LOSSES).map(([kind, all]) => `${all.length} x ${kind} (${all[0]?.example})`);
}

function standstillsOf({ disturbances }: RunResult): string {
  const seconds = disturbances.harms
    .filter(({ kind }) => kind === 'standstill')
    .map(({ fromMs, untilMs }) => (untilMs - fromMs) / 1000);
  return seconds.length === 0 ? 'never' : seconds.map((value) => `${value.toFixed(1)} s`).join(', ');
}
