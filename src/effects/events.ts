import type { ElastiService, EventIntent } from '../core/types.ts';
import type { Cluster, ClusterEvent, Logger } from './ports.ts';

export interface EventsDeps {
  readonly cluster: Pick<Cluster, 'createEvent'>;
  readonly log: Logger;
  readonly onDropped?: () => void;
}

/** `occurrence` tells apart what happens twice: a repeated sync must give the same one, the next transition another. */
export type RecordEvents = (
  events: readonly EventIntent[],
  about: { readonly elastiService: Pick<ElastiService, 'namespace' | 'name' | 'uid'>; readonly occurrence: string },
) => void;

const MAX_IN_FLIGHT = 100;
const CALL_TIMEOUT_MS = 5000;

/** Creates Events without being waited for. Events are a courtesy: what fails is logged, what is too much is dropped. */
export function createEvents({ cluster, log, onDropped }: EventsDeps): RecordEvents {
  let inFlight = 0;

  const create = async (event: ClusterEvent) => {
    inFlight += 1;
    try {
      await cluster.createEvent(event, { timeoutMs: CALL_TIMEOUT_MS });
    } catch (error) {
      log.warn({ err: error, regarding: event.regarding, reason: event.reason }, 'cannot create Event');
    } finally {
      inFlight -= 1;
    }
  };

  return (events, { elastiService, occurrence }) => {
    const { namespace, name, uid } = elastiService;
    for (const { type, reason, message } of events) {
      const key = [uid, occurrence, type, reason, message].join('/');
      if (inFlight >= MAX_IN_FLIGHT) onDropped?.();
      else void create({ regarding: { namespace, name, uid }, type, reason, message, key });
    }
  };
}
