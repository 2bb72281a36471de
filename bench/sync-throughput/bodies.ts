import { type GoldenContext, readJson, SETTINGS } from '../../hooks-test/golden.ts';
import type { SyncRequest } from '../../src/api/hooks.ts';
import type { Settings } from '../../src/core/types.ts';

/** A recorded request that the hooks are asked over and over. */
export interface Body {
  readonly name: string;
  /** As Metacontroller posts it: without white space. */
  readonly text: string;
  readonly now: Date;
  /** The namespace that the ElastiService is in, and no other body's. */
  readonly namespace: string;
  /** spec.replicas of its target. */
  readonly replicas: number;
  /** What the answer must be for the measurement to mean anything. */
  readonly expected: { readonly status: unknown; readonly children: unknown; readonly resyncAfterSeconds: number };
}

const GOLDENS = {
  Serving: 'idle-target-just-inside-cooldown-holds',
  Asleep: 'asleep-with-idle-triggers-stays-asleep',
  Waking: 'raised-target-is-waking-and-its-wake-is-served',
} as const;

export const settings: Settings = SETTINGS;

/** The bodies, from the goldens: a poll while Serving, one while Asleep, and the sync that sees a wake served. */
export function readBodies(): readonly Body[] {
  return Object.entries(GOLDENS).map(([name, golden]) => readBody(name, golden));
}

function readBody(name: string, golden: string): Body {
  const folder = new URL(`../../hooks-test/sync/${golden}/`, import.meta.url);
  const request = readJson(folder, 'request.json') as SyncRequest;
  const context = readJson(folder, 'context.json') as GoldenContext;
  const { namespace, uid } = request.parent.metadata;
  const own = `${namespace}-${name.toLowerCase()}`;
  // All goldens are about the same ElastiService; side by side in one process they have to be several.
  const renamed = (value: unknown) =>
    JSON.stringify(value)
      .replaceAll(new RegExp(`\\b${namespace}\\b`, 'g'), own)
      .replaceAll(uid, `${uid}-${name.toLowerCase()}`);
  const scale = context.scale ?? { kind: 'found', replicas: 1 };
  if (scale.kind !== 'found') throw new Error(`${golden} has no replicas`);
  return {
    name,
    text: renamed(request),
    now: new Date(context.now),
    namespace: own,
    replicas: scale.replicas,
    expected: JSON.parse(renamed(readJson(folder, 'response.json'))) as Body['expected'],
  };
}
