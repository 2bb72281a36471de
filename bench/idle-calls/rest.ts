import { applyAnswer } from '../../hooks-test/apply-answer.ts';
import { SETTINGS } from '../../hooks-test/golden.ts';
import { SyncRequest, type SyncResponse } from '../../src/api/hooks.ts';
import { parseElastiService, targetOf } from '../../src/core/observe.ts';
import { createEffects } from '../../src/effects/create-effects.ts';
import { type Call, createModelCluster, keyOf, keyOfTarget } from '../../src/effects/testing/model-cluster.ts';
import { createSeededRandom } from '../../src/effects/testing/seeded-random.ts';
import { silentLog } from '../../src/effects/testing/shop.ts';
import { createVirtualClock } from '../../src/effects/testing/virtual-clock.ts';
import { createTriggers } from '../../src/triggers/triggers.ts';
import type { Situation } from './situations.ts';

export interface Rest {
  readonly phase: string;
  readonly syncs: number;
  /** The calls of ours to the API server, in order. */
  readonly calls: readonly Call[];
  /** Syncs whose answer made Metacontroller write something. */
  readonly changes: number;
  readonly queries: number;
}

/** Until it has settled: transitions are no rest. */
const SETTLE_MS = 60_000;

/** Watches a service at rest: calls /sync as Metacontroller does, each time when the last answer asks for it. */
export async function watchRest(situation: Situation, durationMs: number): Promise<Rest> {
  const clock = createVirtualClock(situation.startAt);
  const cluster = createModelCluster({ clock });
  let queries = 0;
  const settings = SETTINGS;
  const triggers = createTriggers({
    clock,
    send: async () => {
      queries += 1;
      const data = { resultType: 'scalar', result: [0, String(situation.value)] };
      return { status: 200, body: JSON.stringify({ status: 'success', data }) };
    },
    readSecretKey: cluster.readSecretKey,
    settings: {
      defaultServerAddress: undefined,
      defaultAuthorization: undefined,
      allowedServers: ['*'],
      allowLoopback: false,
      pollSeconds: settings.pollSeconds,
    },
  });
  const random = createSeededRandom(1);
  const { answers } = createEffects({ cluster, clock, random, log: silentLog, triggers, settings });

  let request = SyncRequest.parse(situation.request);
  const elastiService = parseElastiService(request.parent);
  if ('invalid' in elastiService) throw new Error(`${situation.name}: ${elastiService.invalid}`);
  const { namespace, spec } = elastiService;
  const { replicas } = situation;
  cluster.targets.set(keyOfTarget(targetOf(elastiService)), { replicas, statusReplicas: replicas });
  cluster.elastiServices.set(keyOf(request.parent.metadata), request.parent);
  if (situation.scaledObject) {
    const scaledObject = { annotations: situation.scaledObject, minReplicaCount: 1 };
    cluster.scaledObjects.set(keyOf({ namespace, name: spec.autoscaler?.name ?? '' }), scaledObject);
  }

  let last = '';
  const syncOnce = async (): Promise<{ response: SyncResponse; isChanged: boolean }> => {
    const response = await clock.run(answers.sync(request, clock.monotonicMs()));
    // Metacontroller writes nothing where the answer is the one before, which it has applied.
    const answered = JSON.stringify([response.status, response.children]);
    const isChanged = answered !== last;
    last = answered;
    request = applyAnswer(request, response);
    await clock.advance(response.resyncAfterSeconds * 1000);
    return { response, isChanged };
  };

  for (const endsAtMs = clock.monotonicMs() + SETTLE_MS; clock.monotonicMs() < endsAtMs; ) await syncOnce();
  const [callsBefore, queriesBefore] = [cluster.calls.length, queries];
  let [syncs, changes, phase] = [0, 0, ''];
  for (const endsAtMs = clock.monotonicMs() + durationMs; clock.monotonicMs() < endsAtMs; syncs += 1) {
    const { response, isChanged } = await syncOnce();
    if (isChanged) changes += 1;
    phase = String(response.status.phase);
  }
  return { phase, syncs, changes, queries: queries - queriesBefore, calls: cluster.calls.slice(callsBefore) };
}
