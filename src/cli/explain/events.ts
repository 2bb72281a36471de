import { KubeApiError } from '../../errors.ts';
import { EVENTS } from '../../kube/paths.ts';
import { EventAnswer } from '../kube/kinds.ts';
import type { Kube } from '../kube/kube.ts';

/** An Event as it is told. */
export interface EventNow {
  readonly at: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  readonly count: number;
}

const MAX_EVENTS = 10;

/** The latest Events on an ElastiService, latest first; undefined where they may not be read. */
export async function readEvents(
  kube: Kube,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<readonly EventNow[] | undefined> {
  const fieldSelector = `involvedObject.kind=ElastiService,involvedObject.name=${name}`;
  try {
    const events = await kube.list(EVENTS, { namespace, query: { fieldSelector } }, EventAnswer);
    return events
      .map(makeEventNow)
      .sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
      .slice(0, MAX_EVENTS);
  } catch (error) {
    if (error instanceof KubeApiError && error.code === 'FORBIDDEN') return undefined;
    throw error;
  }
}

const makeEventNow = ({ metadata, type, reason, message, count, lastTimestamp, eventTime }: EventAnswer): EventNow => ({
  at: lastTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '',
  type: type ?? 'Normal',
  reason: reason ?? '',
  message: message ?? '',
  count: count ?? 1,
});
