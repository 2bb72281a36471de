import type { Clock, Cluster } from '../effects/ports.ts';
import { createAnswers } from './answers.ts';

const KEEP_MS = 60_000;
const KEEP_MISSING_MS = 5_000;
const MAX_SECRETS = 2_000;

/** The value at a key of a Secret, or undefined where there is none. Rejects where it cannot be read. */
export type ReadSecret = (ref: { namespace: string; name: string; key: string }) => Promise<string | undefined>;

/** Reads values from Secrets and keeps them for a minute, in memory only. */
export function createSecrets(deps: {
  readonly clock: Clock;
  readonly readSecretKey: Cluster['readSecretKey'];
  readonly timeoutMs: number;
}): ReadSecret {
  const secrets = createAnswers<string | undefined>({
    clock: deps.clock,
    maxEntries: MAX_SECRETS,
    keepFailureMs: KEEP_MISSING_MS,
    isFailure: (value) => value === undefined,
  });
  return async (ref) => {
    // A slash is in none of the three.
    const id = `${ref.namespace}/${ref.name}/${ref.key}`;
    const known = secrets.recall(id, KEEP_MS);
    if (known) return known.answer;
    const read = await secrets.ask(id, Number.POSITIVE_INFINITY, async () => {
      const value = await deps.readSecretKey(ref, { timeoutMs: deps.timeoutMs });
      // A line break at the end is what `kubectl create secret --from-file` takes over from most editors.
      return value?.trim();
    });
    return read.answer;
  };
}
