import { randomBytes } from 'node:crypto';
import { type Api, hasStatus } from './api-client.ts';
import type { KubeObject } from './kube-object.ts';
import type { Logger } from './logger.ts';
import { TokenBucket, type TokenBucketOptions } from './token-bucket.ts';

export interface EventText {
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

export type RecordEvent = (object: KubeObject, text: EventText) => void;

interface Written {
  readonly path: string;
  count: number;
}

/**
 * Writes core/v1 Events: a burst per object and then a trickle; what exceeds it is lost. A repeated event raises
 * the count of the first. They go out one after the other and never hold a sync up.
 */
export function createEventRecorder(api: Api, limit: TokenBucketOptions, logger: Logger): RecordEvent {
  const buckets = new Map<string, TokenBucket>();
  const written = new Map<string, Written>();
  let last = Promise.resolve();

  function mayWrite(object: KubeObject): boolean {
    const uid = object.metadata.uid ?? '';
    const bucket = buckets.get(uid) ?? new TokenBucket(limit);
    buckets.set(uid, bucket);
    return bucket.tryTake();
  }

  async function write(object: KubeObject, text: EventText): Promise<void> {
    const key = [object.metadata.uid, text.type, text.reason, text.message].join('\n');
    const before = written.get(key);
    if (before) {
      before.count += 1;
      const body = { count: before.count, lastTimestamp: new Date().toISOString() };
      const contentType = 'application/merge-patch+json';
      try {
        await api.send({ method: 'PATCH', path: before.path, contentType, body });
        return;
      } catch (error) {
        if (!hasStatus(error, 404)) throw error;
      }
    }
    const event = eventOf(object, text);
    const path = `/api/v1/namespaces/${event.metadata.namespace}/events`;
    await api.send({ method: 'POST', path, body: event });
    written.set(key, { path: `${path}/${event.metadata.name}`, count: 1 });
  }

  return (object, text) => {
    if (!mayWrite(object)) return;
    last = last
      .then(() => write(object, text))
      .catch((error: unknown) => logger.info({ err: error, reason: text.reason }, 'cannot write an Event'));
  };
}

function eventOf({ apiVersion, kind, metadata }: KubeObject, { type, reason, message }: EventText) {
  const { namespace, name, uid, resourceVersion } = metadata;
  const now = new Date().toISOString();
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${randomBytes(8).toString('hex')}`, namespace: namespace ?? 'default' },
    involvedObject: { apiVersion, kind, namespace, name, uid, resourceVersion },
    type,
    reason,
    message: message.slice(0, 1024),
    source: { component: 'metacontroller' },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  };
}
