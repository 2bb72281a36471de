import type { Scrub } from './scrub.ts';

const MAX_CAUSES = 4;

/** An error as a log line holds it: only what is named here, so that no header or token comes along as a property. */
export interface ErrorFields {
  readonly type: string;
  readonly code?: string;
  readonly message: string;
  readonly stack?: string;
  /** The causes in short, outermost first. */
  readonly causes?: readonly string[];
}

/** Makes an error plain, its texts scrubbed; anything else that was thrown becomes its text. */
export function describeError(error: unknown, scrub: Scrub): ErrorFields {
  if (!(error instanceof Error)) return { type: typeof error, message: scrub(String(error)) };
  const causes = causesOf(error).map((cause) => scrub(shortText(cause)));
  const code = codeOf(error);
  return {
    type: error.name,
    ...(code === undefined ? {} : { code }),
    message: scrub(error.message),
    ...(error.stack === undefined ? {} : { stack: scrub(error.stack) }),
    ...(causes.length === 0 ? {} : { causes }),
  };
}

function causesOf(error: Error): readonly unknown[] {
  const causes: unknown[] = [];
  let cause = error.cause;
  while (cause !== undefined && causes.length < MAX_CAUSES) {
    causes.push(cause);
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return causes;
}

function shortText(cause: unknown): string {
  return cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
}

/** The stable code of an error, of ours or of Node's. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
