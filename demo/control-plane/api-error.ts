const REASONS = { 400: 'BadRequest', 404: 'NotFound', 409: 'Conflict', 410: 'Expired', 422: 'Invalid' } as const;

/** Thrown where the API server refuses; answered with a Status. */
export class RefusedError extends Error {
  override readonly name = 'RefusedError';
  readonly code = 'REFUSED';
  readonly status: keyof typeof REASONS;
  readonly field: string | undefined;

  constructor(status: keyof typeof REASONS, message: string, field?: string) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/** The Status object of a refusal, as Kubernetes words it. */
export function makeStatusObject({ status, message, field }: RefusedError) {
  const details = field === undefined ? {} : { details: { causes: [{ reason: 'FieldValueInvalid', field }] } };
  return {
    apiVersion: 'v1',
    kind: 'Status',
    status: 'Failure',
    code: status,
    reason: REASONS[status],
    message,
    ...details,
  };
}
