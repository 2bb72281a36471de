import { z } from 'zod';
import type { Parent } from '../api/hooks.ts';
import { byServiceClaim, hasLostService } from '../core/service-claim.ts';
import { KubeApiError, UnknownServiceError } from '../errors.ts';
import { attempt, mayHaveHappened } from './outcomes.ts';
import type { CallOptions, Clock, Cluster, Random } from './ports.ts';
import type { Entry, Registry } from './registry.ts';

export interface WakeTokensDeps {
  readonly cluster: Pick<Cluster, 'listElastiServices' | 'writeWakeToken'>;
  readonly clock: Clock;
  readonly random: Random;
  readonly registry: Registry;
}

export interface WrittenToken {
  /** The ElastiService as it came back with the token on it. */
  readonly parent: Parent;
  readonly token: string;
}

export interface WakeTokens {
  /** The ElastiService behind a Service; throws UnknownServiceError where there is none. */
  find(namespace: string, service: string): Promise<Entry>;
  /** Writes a new token, looking the ElastiService up once more where `entry` is out of date; throws like find. */
  write(namespace: string, service: string, entry: Entry): Promise<WrittenToken>;
}

/** Of the first try. A connection that leads nowhere is left soon, and an API server that is slow with a thousand wakes gets its time. */
const TIMEOUT_MS = 1000;
const MAX_TRIES = 3;
const BACKOFF_MS = 100;

const NamesService = z.looseObject({ service: z.string() });

/** Writing wake tokens. Both functions throw KubeApiError when the API server still refuses after a few quick tries. */
export function createWakeTokens({ cluster, clock, random, registry }: WakeTokensDeps): WakeTokens {
  /** The caller waits, and KubeElasti's resolver asks only once in 10 s: so what may pass is tried again at once. */
  const tryQuickly = async <T>(call: (options: CallOptions) => Promise<T>): Promise<T | KubeApiError> => {
    for (let tries = 1; ; tries++) {
      const result = await attempt(call({ timeoutMs: TIMEOUT_MS * 2 ** (tries - 1) }));
      if (!(result instanceof KubeApiError)) return result;
      const mayPass = mayHaveHappened(result) || result.code === 'TOO_MANY_REQUESTS';
      if (!mayPass || tries === MAX_TRIES) return result;
      await clock.sleep(random.next() * BACKOFF_MS * tries);
    }
  };

  const find = async (namespace: string, service: string): Promise<Entry> => {
    const entry = await tryQuickly(() => registry.find(namespace, service));
    if (entry instanceof KubeApiError) throw entry;
    if (entry === undefined) throw unknownService(namespace, service);
    return entry;
  };

  /** Each try has a token of its own: one whose answer was lost may have been served already. */
  const writeOnce = (namespace: string, { name, uid }: Pick<Entry, 'name' | 'uid'>) =>
    tryQuickly(async (options) => {
      const token = `${clock.now().toISOString()}/${random.uuid()}`;
      const parent = await cluster.writeWakeToken({ namespace, name, uid }, token, options);
      return { parent, token };
    });

  /**
   * Whoever takes over the Service of one that is being deleted: by now it may be about to scale to 0, and looks for the
   * token on itself.
   */
  const writeToHeir = async (namespace: string, service: string, uid: string): Promise<WrittenToken | undefined> => {
    const parents = await tryQuickly((options) => cluster.listElastiServices({ namespace, service }, options));
    if (parents instanceof KubeApiError) throw parents;
    const [heir] = parents
      .filter(({ metadata }) => metadata.deletionTimestamp === undefined && metadata.uid !== uid)
      .sort(byServiceClaim);
    if (heir === undefined) return undefined;
    const written = await writeOnce(namespace, heir.metadata);
    if (!(written instanceof KubeApiError)) return written;
    if (written.code === 'NOT_FOUND') return undefined;
    throw written;
  };

  const write = async (namespace: string, service: string, first: Entry): Promise<WrittenToken> => {
    let entry = first;
    for (let lookUps = 0; ; lookUps++) {
      const written = await writeOnce(namespace, entry);
      const error = written instanceof KubeApiError ? written : undefined;
      if (error && error.code !== 'NOT_FOUND' && error.code !== 'CONFLICT') throw error;
      const isWritten = !(written instanceof KubeApiError) && isBehind(written.parent, service);
      if (isWritten && written.parent.metadata.deletionTimestamp !== undefined) {
        return (await writeToHeir(namespace, service, entry.uid)) ?? written;
      }
      if (isWritten && (lookUps > 0 || !hasLostService(written.parent))) return written;
      registry.forget(entry.uid);
      if (lookUps > 0) throw error?.code === 'CONFLICT' ? error : unknownService(namespace, service);
      const again = await find(namespace, service);
      // Whoever has the Service now says so only with its next status.
      if (isWritten && again.uid === entry.uid) return written;
      entry = again;
    }
  };

  return { find, write };
}

function isBehind(parent: Parent, service: string): boolean {
  return NamesService.safeParse(parent.spec).data?.service === service;
}

function unknownService(namespace: string, service: string): UnknownServiceError {
  return new UnknownServiceError(`no ElastiService stands behind Service ${namespace}/${service}`);
}
