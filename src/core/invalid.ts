import { ElastiServiceStatus } from '../api/elastiservice.ts';
import { SERVICES, SLICES, type SyncRequest } from '../api/hooks.ts';
import { withReady } from './conditions.ts';
import { keepPrivateService } from './resources/private-service.ts';
import { keepSlice } from './resources/resolver-slices.ts';
import type { FinalizeResult, Settings, SyncResult } from './types.ts';

/** What is known of an ElastiService whose spec cannot be read. */
export interface InvalidObservation {
  readonly request: SyncRequest;
  /** The sentence that says what is wrong. */
  readonly invalid: string;
  readonly now: Date;
}

/** The answer to /sync for a spec that cannot be read: all stays as it is, and a condition says why. */
export function syncInvalid({ request, invalid, now }: InvalidObservation, settings: Settings): SyncResult {
  const { generation, namespace } = request.parent.metadata;
  const parsed = ElastiServiceStatus.safeParse(request.parent.status);
  const last = parsed.success ? parsed.data : {};
  return {
    status: {
      ...last,
      observedGeneration: generation,
      conditions: withReady(
        { status: 'False', reason: 'InvalidSpec', message: invalid },
        { previous: last.conditions, now, generation },
      ),
    },
    children: [
      ...Object.values(request.children[SERVICES] ?? {}).map((service) => keepPrivateService(service, namespace)),
      ...Object.values(request.children[SLICES] ?? {}).flatMap((slice) => keepSlice(slice, namespace) ?? []),
    ],
    resyncAfterSeconds: settings.pollSeconds,
    scalePatches: [],
    events: [],
  };
}

/** The answer to /finalize for a spec that cannot be read: nobody knows the target, so only the children go. */
export function finalizeInvalid(observation: InvalidObservation, settings: Settings): FinalizeResult {
  const { request, invalid } = observation;
  const hasChildren = [SERVICES, SLICES].some(
    (kind) => Object.keys(request.children[kind as typeof SERVICES] ?? {}).length > 0,
  );
  const message = `the target was not restored, since the spec cannot be read: ${invalid}`;
  return {
    ...syncInvalid(observation, settings),
    children: [],
    resyncAfterSeconds: 1,
    events: hasChildren ? [] : [{ type: 'Warning', reason: 'RestoreFailed', message }],
    finalized: !hasChildren,
  };
}
