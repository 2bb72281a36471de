import { readFileSync } from 'node:fs';
import { SETTINGS } from '../../hooks-test/golden.ts';
import type { SyncRequest } from '../../src/api/hooks.ts';
import type { Settings } from '../../src/core/types.ts';

/** A recorded request that the hooks are asked over and over. */
export interface Body {
  readonly name: string;
  /** As Metacontroller posts it: without white space. */
  readonly text: string;
  /** `namespace/name` of the target: no two bodies have the same. */
  readonly target: string;
  /** Its spec.replicas. */
  readonly replicas: number;
  /** The query of its trigger, and what it gives. */
  readonly query: string;
  readonly triggerValue: string;
  /** What the answer must be for the measurement to mean anything. */
  readonly answer: object;
}

/** A file of recorded/: what Metacontroller 4.17.2 posted in an end-to-end test with kube-apiserver 1.36.3. */
interface Recorded {
  readonly replicas: number;
  readonly triggerValue: string;
  readonly request: SyncRequest;
  /** What the hooks answer at `now`. */
  readonly answer: object;
}

/** When the first two bodies were recorded, at rest; the third is of two minutes before. */
export const now = new Date('2026-11-23T21:26:16.400Z');

export const settings: Settings = SETTINGS;

/** The bodies: a poll while Serving, one while Asleep, and the sync that sees a wake served. */
export function readBodies(): readonly Body[] {
  return ['Serving', 'Asleep', 'Waking'].map(readBody);
}

function readBody(name: string): Body {
  const file = new URL(`recorded/${name.toLowerCase()}.json`, import.meta.url);
  const { request, ...recorded } = JSON.parse(readFileSync(file, 'utf8')) as Recorded;
  const { metadata, spec } = request.parent as unknown as Parent;
  return {
    ...recorded,
    name,
    text: JSON.stringify(request),
    target: `${metadata.namespace}/${spec.scaleTargetRef.name}`,
    query: spec.triggers[0].metadata.query,
  };
}

interface Parent {
  readonly metadata: { readonly namespace: string };
  readonly spec: {
    readonly scaleTargetRef: { readonly name: string };
    readonly triggers: readonly [{ readonly metadata: { readonly query: string } }];
  };
}
