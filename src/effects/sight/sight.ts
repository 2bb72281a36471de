import { NUDGE_ANNOTATION } from '../../api/elastiservice.ts';
import { type ObjectGroups, type Parent, SERVICES, SLICES, type SyncRequest } from '../../api/hooks.ts';
import type { Settings } from '../../core/types.ts';
import type { Mirror, MirroredGroups, MirroredKind } from '../../mirror/mirror.ts';
import type { Clock } from '../ports.ts';

/** The mirror, and how far what it shows can be believed. */
export interface Sight {
  readonly mirror: Mirror;
  /** Whether what is shown of the kind in the namespace is young enough to go by. */
  isCurrent(kind: MirroredKind, namespace: string): boolean;
  /** The version up to which the mirror has all of it. */
  version(kind: MirroredKind, namespace: string): number;
  /** The highest version among the changes that the mirror has. */
  newest(kind: MirroredKind, namespace: string): number;
}

/** What a decision rests on: Services and slices of the namespace, and slices of the resolver's. */
const PLACES = [
  ['services', 'own'],
  ['slices', 'own'],
  ['slices', 'resolver'],
] as const;

const CATCH_UP_MS = 300;
const STEP_MS = 5;

export type Relate = (body: SyncRequest) => Promise<SyncRequest>;

/**
 * Puts what our own watch shows in the place of what Metacontroller relates. A kind that we do not see, or that whoever asked for
 * this sync saw more of than we do, is missing, and so unknown.
 */
export function createRelate({
  sight,
  settings,
  clock,
}: {
  readonly sight: Sight;
  readonly settings: Pick<Settings, 'resolver'>;
  readonly clock: Pick<Clock, 'monotonicMs' | 'sleep'>;
}): Relate {
  return async (body) => {
    const isBehind = () => isBehindNudge(sight, body.parent, settings);
    const untilMs = clock.monotonicMs() + CATCH_UP_MS;
    // Another replica's watch is some milliseconds ahead of ours at times.
    while (isBehind() && clock.monotonicMs() < untilMs) await clock.sleep(STEP_MS);
    const { parent } = body;
    return { ...body, related: isBehind() ? {} : ofThoseSeen(sight, parent, sight.mirror.relatedOf(parent), settings) };
  };
}

/** Of what is related to a parent the kinds that we see. */
export function ofThoseSeen(
  sight: Pick<Sight, 'isCurrent'>,
  { metadata: { namespace } }: Parent,
  related: MirroredGroups,
  { resolver }: Pick<Settings, 'resolver'>,
): ObjectGroups {
  const areSlicesCurrent = sight.isCurrent('slices', namespace) && sight.isCurrent('slices', resolver.namespace);
  return {
    ...(sight.isCurrent('services', namespace) ? { [SERVICES]: related[SERVICES] } : {}),
    ...(areSlicesCurrent ? { [SLICES]: related[SLICES] } : {}),
  };
}

/** How much we have seen, for those who answer the sync that we ask for. */
export function makeNudge(
  sight: Sight,
  namespace: string,
  { resolver }: Pick<Settings, 'resolver'>,
  token: string,
): string {
  const seen = PLACES.map(([kind, place]) => sight.newest(kind, place === 'own' ? namespace : resolver.namespace));
  return `${seen.join('.')}/${token}`;
}

const NUDGE = /^(\d+)\.(\d+)\.(\d+)\//;

function isBehindNudge(sight: Sight, { metadata }: Parent, { resolver }: Pick<Settings, 'resolver'>): boolean {
  const seen = NUDGE.exec(metadata.annotations?.[NUDGE_ANNOTATION] ?? '')?.slice(1) ?? [];
  return PLACES.some(([kind, place], i) => {
    const namespace = place === 'own' ? metadata.namespace : resolver.namespace;
    return Number(seen[i] ?? 0) > sight.version(kind, namespace);
  });
}
