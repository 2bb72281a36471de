import type { Outcome } from '../core/types.ts';
import { KubeApiError } from '../errors.ts';

export const DONE: Outcome = { kind: 'done' };

/** We could have gone on and did not. `reason` is a stable PascalCase word. */
export function refused(reason: string, message: string): Outcome {
  return { kind: 'refused', reason, message };
}

/** The API server did not let us. Its error names the call and never quotes the answer. */
export function failed(reason: string, error: KubeApiError): Outcome {
  return { kind: 'failed', reason, message: `${error.message} (${error.code})` };
}

/** The value, or the KubeApiError that the call ended with. Anything else is a bug and goes on up. */
export async function attempt<T>(call: Promise<T>): Promise<T | KubeApiError> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof KubeApiError) return error;
    throw error;
  }
}

/** Whether a write that ended so may have been carried out all the same, now or a little later. */
export function mayHaveHappened(error: KubeApiError): boolean {
  return error.code === 'TIMEOUT' || error.code === 'UNAVAILABLE' || error.code === 'SERVER_ERROR';
}
