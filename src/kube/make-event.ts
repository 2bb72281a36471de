import { createHash } from 'node:crypto';
import { API_VERSION } from '../api/elastiservice.ts';
import type { ClusterEvent } from '../effects/ports.ts';

const REPORTER = 'elasti';
const MAX_NAME = 253;
const MAX_REASON = 128;
const MAX_MESSAGE = 1024;

/** A core/v1 Event on an ElastiService; one key gives one name, so that the API server keeps a single copy. */
export function makeEvent({ regarding, type, reason, message, key }: ClusterEvent, now: Date) {
  const time = `${now.toISOString().slice(0, 19)}Z`;
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: eventName(regarding, key), namespace: regarding.namespace },
    // kubectl describe looks for kind, name, namespace and uid
    involvedObject: { apiVersion: API_VERSION, kind: 'ElastiService', ...regarding },
    type,
    reason: reason.slice(0, MAX_REASON),
    message: message.slice(0, MAX_MESSAGE),
    source: { component: REPORTER },
    reportingComponent: REPORTER,
    firstTimestamp: time,
    lastTimestamp: time,
    count: 1,
  };
}

function eventName({ name, uid }: ClusterEvent['regarding'], key: string): string {
  const hash = createHash('sha256').update(`${uid}/${key}`).digest('hex').slice(0, 16);
  return `${name.slice(0, MAX_NAME - hash.length - 1).replace(/[-.]+$/, '')}.${hash}`;
}
