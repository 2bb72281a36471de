import type { Reason } from './reasons.ts';

/** A value, or why there is none. */
export type PrometheusAnswer =
  | { readonly kind: 'value'; readonly value: number; readonly resultType: 'vector' | 'scalar' }
  | { readonly kind: 'failed'; readonly reason: Reason };

const failed = (reason: Reason): PrometheusAnswer => ({ kind: 'failed', reason });
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/**
 * Reads an answer to an instant query strictly. `several: 'highest'` takes the highest of several series, for questions
 * about a window, in which a series may have given way to another.
 */
export function parsePrometheusAnswer(
  response: { readonly status: number; readonly body: string },
  several: 'refused' | 'highest' = 'refused',
): PrometheusAnswer {
  if (response.status !== 200) return failed(statusReason(response.status));
  const answer = parseJson(response.body);
  if (!isObject(answer) || answer.status !== 'success' || !isObject(answer.data)) return failed('BadAnswer');
  if (isPartial(answer.warnings)) return failed('PartialAnswer');

  const { resultType, result } = answer.data;
  if (resultType === 'scalar') return readSamples([result], resultType);
  if (resultType !== 'vector') return failed('WrongResultType');
  if (!Array.isArray(result)) return failed('BadAnswer');
  if (result.length === 0) return failed('EmptyResult');
  if (result.length > 1 && several === 'refused') return failed('SeveralSeries');
  return readSamples(
    result.map((series) => (isObject(series) ? series.value : undefined)),
    resultType,
  );
}

function statusReason(status: number): Reason {
  if (status === 400 || status === 422) return 'QueryRejected';
  if (status === 401 || status === 403) return 'Unauthorized';
  return status >= 300 && status < 400 ? 'Redirected' : 'HttpStatus';
}

/** Thanos and remote reads say in `warnings` that a part is missing; remarks on the query begin with "PromQL". */
function isPartial(warnings: unknown): boolean {
  if (warnings === undefined || warnings === null) return false;
  return !Array.isArray(warnings) || warnings.some((text) => typeof text !== 'string' || !text.startsWith('PromQL '));
}

function readSamples(samples: readonly unknown[], resultType: 'vector' | 'scalar'): PrometheusAnswer {
  let highest = Number.NEGATIVE_INFINITY;
  for (const sample of samples) {
    const value = readSample(sample);
    if (typeof value !== 'number') return failed(value.reason);
    highest = Math.max(highest, value);
  }
  return { kind: 'value', value: highest, resultType };
}

/** A sample is `[seconds, "value"]`. */
function readSample(sample: unknown): number | { reason: Reason } {
  if (!Array.isArray(sample) || sample.length !== 2) return { reason: 'BadAnswer' };
  const [time, text] = sample;
  if (typeof time !== 'number' || typeof text !== 'string') return { reason: 'BadAnswer' };
  if (text === 'NaN') return { reason: 'NotANumber' };
  if (text === '+Inf' || text === '-Inf') return { reason: 'NotFinite' };
  if (!NUMBER.test(text)) return { reason: 'BadAnswer' };
  return Number.isFinite(Number(text)) ? Number(text) : { reason: 'NotFinite' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
