import type { CustomizeResponse, ObjectGroups, Parent, RelatedRule } from '../src/api/hooks.ts';
import { SERVICES, SLICES } from '../src/api/hooks.ts';
import type { EndpointSlice, Service } from '../src/api/kubernetes.ts';
import { type Cache, type KubeObject, keyOf } from './objects.ts';
import type { World } from './world.ts';

/** The part of Metacontroller that knows which objects each parent is told of. */
export interface Related {
  /** The objects that go into a parent's request; rejects where /customize had to be asked and gave no answer. */
  of(parent: Parent, caches: RelatedCaches): Promise<ObjectGroups>;
  /** The parents that an event concerns, told one by one, now or when /customize has answered, or never. */
  onEvent(object: KubeObject, parents: Cache<Parent>, tell: (key: string) => void): void;
  /** Another parent, or another generation of one: its answer has yet to be asked for. */
  parentChanged(): void;
}

export interface RelatedCaches {
  readonly services: Cache<Service>;
  readonly slices: Cache<EndpointSlice>;
}

/** For so long an answer to /customize is kept, by uid and generation. */
const KEPT_MS = 20 * 60_000;

/** Asks /customize as seldom as Metacontroller does. */
export function createRelated(
  world: Pick<World, 'scheduler'>,
  customize: (parent: Parent) => Promise<CustomizeResponse>,
): Related {
  const { scheduler } = world;
  const answers = new Map<
    string,
    { readonly generation: number; readonly atMs: number; rules: readonly RelatedRule[] }
  >();

  // Each event concerns few of many parents: those with a rule for its namespace.
  const keysByNamespace = new Map<string, Set<string>>();
  let allKnownUntilMs = Number.NEGATIVE_INFINITY;

  const known = ({ metadata }: Parent): readonly RelatedRule[] | undefined => {
    const answer = answers.get(metadata.uid);
    const isFresh = answer?.generation === metadata.generation && scheduler.nowMs() - answer.atMs < KEPT_MS;
    return isFresh ? answer.rules : undefined;
  };
  // Whoever needs an answer that is being asked for waits for the same one.
  const asking = new Map<string, Promise<readonly RelatedRule[]>>();
  const ask = (parent: Parent): Promise<readonly RelatedRule[]> => {
    const key = `${parent.metadata.uid}/${parent.metadata.generation}`;
    const asked = asking.get(key) ?? askAnew(parent).finally(() => asking.delete(key));
    asking.set(key, asked);
    return asked;
  };
  const askAnew = async (parent: Parent): Promise<readonly RelatedRule[]> => {
    const { relatedResources: rules } = await customize(parent);
    const { uid, generation, namespace, name } = parent.metadata;
    answers.set(uid, { generation, atMs: scheduler.nowMs(), rules });
    for (const rule of rules) {
      const keys = keysByNamespace.get(rule.namespace) ?? new Set();
      keysByNamespace.set(rule.namespace, keys.add(keyOf(namespace, name)));
    }
    return rules;
  };
  /** Asks for the parents whose answer is not known; says until when all are. */
  const askUnknown = (object: KubeObject, parents: Cache<Parent>, tell: (key: string) => void): number => {
    let untilMs = Number.POSITIVE_INFINITY;
    for (const key of parents.keys()) {
      const parent = parents.get(key) as Parent;
      const isKnown = known(parent) !== undefined;
      const knownUntilMs = isKnown ? (answers.get(parent.metadata.uid)?.atMs ?? 0) + KEPT_MS : 0;
      untilMs = Math.min(untilMs, knownUntilMs);
      // What /customize does not answer is an event that nobody hears of.
      if (isKnown) continue;
      ask(parent).then(
        (asked) => asked.some((rule) => isSelected(rule, object)) && tell(key),
        () => {},
      );
    }
    return untilMs;
  };

  return {
    of: async (parent, { services, slices }) => {
      const related = { [SERVICES]: {} as Record<string, Service>, [SLICES]: {} as Record<string, EndpointSlice> };
      for (const rule of known(parent) ?? (await ask(parent))) {
        if (rule.resource === 'services') gather(services, rule, related[SERVICES]);
        else gather(slices, rule, related[SLICES]);
      }
      return related;
    },
    onEvent: (object, parents, tell) => {
      for (const key of keysByNamespace.get(object.metadata.namespace ?? '') ?? []) {
        const parent = parents.get(key);
        if (parent && known(parent)?.some((rule) => isSelected(rule, object))) tell(key);
      }
      if (scheduler.nowMs() >= allKnownUntilMs) allKnownUntilMs = askUnknown(object, parents, tell);
    },
    parentChanged: () => {
      allKnownUntilMs = Number.NEGATIVE_INFINITY;
    },
  };
}

/** Without the hook. */
export const RELATES_NOTHING: Related = { of: async () => ({}), onEvent: () => {}, parentChanged: () => {} };

function gather<T extends KubeObject>(cache: Cache<T>, rule: RelatedRule, into: Record<string, T>): void {
  for (const [key, object] of cache.entriesIn(rule.namespace)) if (isSelected(rule, object)) into[key] = object;
}

const isSlice = (object: KubeObject): boolean => 'addressType' in object;

function isSelected({ resource, namespace, names, labelSelector }: RelatedRule, object: KubeObject): boolean {
  const { metadata } = object;
  if (metadata.namespace !== namespace || isSlice(object) !== (resource === 'endpointslices')) return false;
  if (names !== undefined) return names.includes(metadata.name);
  const { matchLabels = {}, matchExpressions = [] } = labelSelector ?? {};
  for (const label in matchLabels) if (metadata.labels?.[label] !== matchLabels[label]) return false;
  return matchExpressions.every(({ key, values }) => values.includes(metadata.labels?.[key] ?? ''));
}
