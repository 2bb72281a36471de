import type { CustomizeResponse, ObjectGroups, Parent, RelatedRule } from '../src/api/hooks.ts';
import { SERVICES, SLICES } from '../src/api/hooks.ts';
import type { EndpointSlice, Service } from '../src/api/kubernetes.ts';
import type { Cache, KubeObject } from './objects.ts';
import type { World } from './world.ts';

/** The part of Metacontroller that knows which objects each parent is told of. */
export interface Related {
  /** The objects that go into a parent's request; rejects where /customize had to be asked and gave no answer. */
  of(parent: Parent, caches: RelatedCaches): Promise<ObjectGroups>;
  /** The parents that an event concerns, told one by one, now or when /customize has answered, or never. */
  onEvent(object: KubeObject, parents: Cache<Parent>, tell: (key: string) => void): void;
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

  const known = ({ metadata }: Parent): readonly RelatedRule[] | undefined => {
    const answer = answers.get(metadata.uid);
    const isFresh = answer?.generation === metadata.generation && scheduler.nowMs() - answer.atMs < KEPT_MS;
    return isFresh ? answer.rules : undefined;
  };
  const ask = async (parent: Parent): Promise<readonly RelatedRule[]> => {
    const { relatedResources: rules } = await customize(parent);
    answers.set(parent.metadata.uid, { generation: parent.metadata.generation, atMs: scheduler.nowMs(), rules });
    return rules;
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
      for (const key of parents.keys()) {
        const parent = parents.get(key) as Parent;
        const rules = known(parent);
        if (rules?.some((rule) => isSelected(rule, object))) tell(key);
        // What /customize does not answer is an event that nobody hears of.
        if (rules !== undefined) continue;
        ask(parent).then(
          (asked) => asked.some((rule) => isSelected(rule, object)) && tell(key),
          () => {},
        );
      }
    },
  };
}

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
