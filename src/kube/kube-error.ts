import { z } from 'zod';
import { KubeApiError, type KubeCode } from '../errors.ts';

const word = z.string().optional();
const Status = z.looseObject({
  message: z.string(),
  reason: word,
  details: z.looseObject({ causes: z.array(z.looseObject({ reason: word, field: word })).optional() }).optional(),
});

/** What the API server answered, kept as the cause of a KubeApiError: for the log, not for conditions or callers. */
export class ApiServerAnswer extends Error {
  override readonly name = 'ApiServerAnswer';
  /** Machine-readable reasons, such as Conflict or NamespaceTerminating. */
  readonly reasons: readonly string[];
  /** Fields that were refused, such as metadata.uid. */
  readonly fields: readonly string[];

  constructor(message: string, { reasons, fields }: Pick<ApiServerAnswer, 'reasons' | 'fields'>) {
    super(message);
    this.reasons = reasons;
    this.fields = fields;
  }
}

/** The error for an answer that is no success. `call` names the call: "patch scale of Deployment shop/web". */
export function makeAnswerError(call: string, status: number, body: string): KubeApiError {
  return new KubeApiError(codeOfStatus(status), `cannot ${call}`, { status, cause: parseAnswer(status, body) });
}

/** The error for a call without a usable answer. */
export function makeCallError(call: string, code: KubeCode, cause: unknown): KubeApiError {
  return new KubeApiError(code, `cannot ${call}`, { cause });
}

function codeOfStatus(status: number): KubeCode {
  switch (status) {
    case 401:
    case 403:
      return 'FORBIDDEN';
    case 404:
      return 'NOT_FOUND';
    case 409:
      return 'CONFLICT';
    case 408:
    case 504:
      return 'TIMEOUT';
    case 429:
      return 'TOO_MANY_REQUESTS';
    case 410: // a list that outlived its first page: starting anew helps
    case 503:
      return 'UNAVAILABLE';
  }
  return status >= 400 && status < 500 ? 'INVALID' : 'SERVER_ERROR';
}

function parseAnswer(status: number, body: string): ApiServerAnswer {
  try {
    const { message, reason, details } = Status.parse(JSON.parse(body));
    const causes = details?.causes ?? [];
    return new ApiServerAnswer(`HTTP ${status}: ${message.slice(0, 500)}`, {
      reasons: [reason, ...causes.map((cause) => cause.reason)].filter((word) => word !== undefined),
      fields: causes.map((cause) => cause.field).filter((field) => field !== undefined),
    });
  } catch {
    // Not from the API server itself but from something before it.
    return new ApiServerAnswer(`HTTP ${status}: ${body.slice(0, 200)}`, { reasons: [], fields: [] });
  }
}

/** undefined where the object, or its whole kind, does not exist. */
export async function undefinedIfNotFound<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof KubeApiError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

/** What any busy cluster answers, and nobody has to do anything about. */
export function isExpectedAnswer({ code, status, cause }: KubeApiError): boolean {
  if (code === 'NOT_FOUND' || code === 'CONFLICT') return true;
  if (!(cause instanceof ApiServerAnswer)) return false;
  // A namespace on its way out takes no Events; an ElastiService that was made anew has another uid.
  return cause.reasons.includes('NamespaceTerminating') || (status === 422 && cause.fields.includes('metadata.uid'));
}
