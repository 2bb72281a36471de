/** Thrown when a request is malformed; answered with 400 and the message, so the message must be fit for the caller. */
export class InvalidRequestError extends Error {
  readonly code = 'INVALID_REQUEST';
  override readonly name = 'InvalidRequestError';
}

/** Thrown when no ElastiService stands behind a Service; answered with 404. */
export class UnknownServiceError extends Error {
  readonly code = 'UNKNOWN_SERVICE';
  override readonly name = 'UnknownServiceError';
}

/** Thrown when the environment holds a value we cannot start with: one line that names variable, value and what is allowed. */
export class ConfigError extends Error {
  readonly code = 'CONFIG';
  override readonly name = 'ConfigError';
}

export const KUBE_CODES = [
  'NOT_FOUND',
  'CONFLICT',
  'FORBIDDEN',
  'INVALID',
  'TOO_MANY_REQUESTS',
  'TIMEOUT',
  'UNAVAILABLE',
  'SERVER_ERROR',
] as const;
export type KubeCode = (typeof KUBE_CODES)[number];

/** Thrown when the API server refused or did not answer. The message names the call, never what the server said in full. */
export class KubeApiError extends Error {
  readonly code: KubeCode;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  override readonly name = 'KubeApiError';

  constructor(code: KubeCode, message: string, options?: { status?: number; cause?: unknown }) {
    super(message, { cause: options?.cause });
    this.code = code;
    this.status = options?.status;
  }
}
