/** Thrown when a server gave no answer to look at. */
export class SendError extends Error {
  readonly code: 'CONNECTION_FAILED' | 'ANSWER_TOO_LARGE' | 'ADDRESS_NOT_ALLOWED';
  override readonly name = 'SendError';

  constructor(code: SendError['code'], message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}
