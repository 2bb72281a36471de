import { type GoldenContext, readJson } from '../../hooks-test/golden.ts';
import type { SyncRequest } from '../../src/api/hooks.ts';

/** A service at rest: nothing around it changes while it is watched. */
export interface Situation {
  readonly name: string;
  readonly request: SyncRequest;
  readonly startAt: Date;
  readonly replicas: number;
  /** What every query of the triggers gives; the threshold is 0.5. */
  readonly value: number;
  /** Annotations of the ScaledObject, where there is one. */
  readonly scaledObject?: Readonly<Record<string, string>>;
  /** Whether it has to cost nothing at all, but for the slow look at /scale. */
  readonly isGoal: boolean;
}

/** What the fleet consists of most of the time, and for comparison a service that something else keeps from sleeping. */
export function readSituations(): readonly Situation[] {
  return [
    { ...read('active-trigger-keeps-serving-and-drops-idle-since'), name: 'Serving', value: 1, isGoal: true },
    { ...read('asleep-with-idle-triggers-stays-asleep'), name: 'Asleep', value: 0, isGoal: true },
    {
      ...read('keda-paused-by-somebody-else-keeps-from-sleeping'),
      name: 'Serving, KEDA paused by others',
      value: 0,
      scaledObject: { 'autoscaling.keda.sh/paused': 'true' },
      isGoal: false,
    },
  ];
}

function read(golden: string): Pick<Situation, 'request' | 'startAt' | 'replicas'> {
  const folder = new URL(`../../hooks-test/sync/${golden}/`, import.meta.url);
  const { now, scale } = readJson(folder, 'context.json') as GoldenContext;
  return {
    request: readJson(folder, 'request.json') as SyncRequest,
    startAt: new Date(now),
    replicas: scale?.kind === 'found' ? scale.replicas : 1,
  };
}
