import { z } from 'zod';
import { CliError, EXIT } from '../cli-error.ts';

/** A value at a time, or why there is none. */
export type Sample = number | 'EmptyResult' | 'SeveralSeries' | 'NotANumber' | 'NotFinite';

/** What a query gave at each step. */
export interface Series {
  readonly startMs: number;
  readonly stepMs: number;
  readonly samples: readonly Sample[];
}

export interface Range {
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export interface Prometheus {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Prometheus gives at most 11,000 points at once. */
const MAX_POINTS = 10_000;
const TIMEOUT_MS = 120_000;

const Matrix = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ values: z.array(z.tuple([z.number(), z.string()])) })),
  }),
});
const Failure = z.object({ error: z.string() });

/** What a query gave in the past, step by step; CliError where Prometheus does not tell. */
export async function readHistory(prometheus: Prometheus, query: string, range: Range): Promise<Series> {
  const { startMs, endMs, stepMs } = range;
  const count = Math.floor((endMs - startMs) / stepMs) + 1;
  const samples: Sample[] = Array.from({ length: count }, () => 'EmptyResult');
  for (let from = 0; from < count; from += MAX_POINTS) {
    const to = Math.min(count, from + MAX_POINTS) - 1;
    const part = { stepMs, startMs: startMs + from * stepMs, endMs: startMs + to * stepMs };
    for (const [seconds, text] of await askRange(prometheus, query, part)) {
      const index = Math.round((seconds * 1000 - startMs) / stepMs);
      if (index < from || index > to) continue;
      samples[index] = samples[index] === 'EmptyResult' ? readSample(text) : 'SeveralSeries';
    }
  }
  return { startMs, stepMs, samples };
}

async function askRange({ url, headers }: Prometheus, query: string, { startMs, endMs, stepMs }: Range) {
  const target = new URL(url);
  target.pathname = `${target.pathname.replace(/\/+$/, '')}/api/v1/query_range`;
  // In the body: a query may be longer than an address may be.
  const body = new URLSearchParams({
    query,
    start: String(startMs / 1000),
    end: String(endMs / 1000),
    step: String(stepMs / 1000),
  });
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  const fail = (why: string, cause?: unknown) =>
    new CliError(EXIT.unreachable, `Prometheus at ${target.origin}: ${why}`, { cause });
  let status: number;
  let answer: unknown;
  try {
    const response = await fetch(target, { method: 'POST', body, headers, signal, redirect: 'error' });
    status = response.status;
    answer = parseJson(await response.text());
  } catch (error) {
    const reason = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw fail(`no answer (${reason})`, error);
  }
  const matrix = Matrix.safeParse(answer);
  if (status === 200 && matrix.success) return matrix.data.data.result.flatMap(({ values }) => values);
  const said = Failure.safeParse(answer);
  throw fail(said.success ? `${said.data.error} in query ${query}` : `HTTP ${status} without an answer to query_range`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function readSample(text: string): Sample {
  if (text === 'NaN') return 'NotANumber';
  const value = Number(text.replace('Inf', 'Infinity'));
  return Number.isFinite(value) ? value : 'NotFinite';
}

/** The sample that stands at a time, and its index. */
export function sampleAt({ startMs, stepMs, samples }: Series, atMs: number): Sample {
  return samples[Math.min(samples.length - 1, Math.floor((atMs - startMs) / stepMs))] ?? 'EmptyResult';
}

/** All samples within a window that ends at a time. */
export function samplesWithin(
  { startMs, stepMs, samples }: Series,
  atMs: number,
  windowSeconds: number,
): readonly Sample[] {
  const last = Math.floor((atMs - startMs) / stepMs);
  const first = Math.max(0, Math.ceil((atMs - windowSeconds * 1000 - startMs) / stepMs));
  return samples.slice(first, last + 1);
}
