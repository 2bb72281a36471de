import type { Child, ObjectGroups, Parent } from '../src/api/hooks.ts';
import { SERVICES, SLICES } from '../src/api/hooks.ts';
import { isSame } from '../src/core/resources/same.ts';
import { KubeApiError } from '../src/errors.ts';
import { type Api, refusal } from './api.ts';
import { type Kind, type KubeObject, keyOf } from './objects.ts';
import { type Process, timestamp } from './process.ts';
import type { World } from './world.ts';

export interface Children {
  /** Deletes what was not answered, applies what was; the first failure, if any, at the end. */
  manage(parent: Parent, observed: ObjectGroups, desired: readonly Child[]): Promise<Error | undefined>;
}

export const isOwnedBy = ({ metadata }: KubeObject, uid: string): boolean =>
  metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;

/** The part of Metacontroller that makes the children what the hook says. */
export function createChildren(
  world: Omit<World, 'api'> & { readonly api: Pick<Api, 'call'> },
  process: Process,
): Children {
  const { api, chance, services, slices, places } = world;
  const kindOf = (child: { readonly kind?: unknown }): Kind<KubeObject> =>
    (child.kind === 'Service' ? services : slices) as unknown as Kind<KubeObject>;

  const keyOfParent = ({ metadata }: Parent) => keyOf(metadata.namespace, metadata.name);

  const remove = (parent: Parent, kind: Kind<KubeObject>, observed: KubeObject) => {
    const { name, namespace = '', uid } = observed.metadata;
    return api.call(process, { what: `delete ${name}`, isWrite: true }, () => {
      const live = kind.get(keyOf(namespace, name));
      if (live === undefined || live.metadata.uid !== uid) return;
      world.tell(places.ofElastiService(keyOfParent(parent)), 'api', () => `${name} is deleted`);
      world.checks.written(keyOfParent(parent));
      kind.remove(keyOf(namespace, name));
    });
  };

  const apply = (parent: Parent, child: Child) => {
    const kind = kindOf(child);
    const { name, namespace } = child.metadata;
    return api.call(process, { what: `apply ${name}`, isWrite: true }, () => {
      const live = kind.get(keyOf(namespace, name));
      // Two owners that both control it are refused.
      if (live && !isOwnedBy(live, parent.metadata.uid)) throw refusal('INVALID', `apply ${name}`);
      if (live && isApplied(live, child)) return;
      world.tell(places.ofElastiService(keyOfParent(parent)), 'api', () => `${name} is ${live ? 'changed' : 'made'}`);
      world.checks.written(keyOfParent(parent));
      kind.put(
        keyOf(namespace, name),
        merged(parent, child, live, { uuid: chance.uuid, nowMs: world.scheduler.nowMs() }),
      );
    });
  };

  return {
    manage: async (parent, observed, desired) => {
      let failure: Error | undefined;
      const attempt = async (work: Promise<void>) => {
        try {
          await work;
        } catch (error) {
          if (!(error instanceof KubeApiError)) throw error;
          failure ??= error;
        }
      };
      const groups: Readonly<Record<string, Readonly<Record<string, KubeObject>>>> = {
        Service: observed[SERVICES] ?? {},
        EndpointSlice: observed[SLICES] ?? {},
      };
      for (const kind in groups) {
        for (const child of Object.values(groups[kind] ?? {})) {
          const isWanted = desired.some((one) => one.kind === kind && one.metadata.name === child.metadata.name);
          if (!isWanted) await attempt(remove(parent, kindOf({ kind }), child));
        }
      }
      for (const child of desired) {
        const { namespace, name } = child.metadata;
        const before = groups[child.kind]?.[keyOf(namespace, name)];
        if (before === undefined || !isApplied(before, child)) await attempt(apply(parent, child));
      }
      return failure;
    },
  };
}

function isApplied(live: KubeObject, child: Child): boolean {
  const fields = live as unknown as Record<string, unknown>;
  for (const field in child) {
    const isOwned = field !== 'apiVersion' && field !== 'kind' && field !== 'metadata';
    if (isOwned && !isSame(fields[field], child[field])) return false;
  }
  return true;
}

function merged(
  parent: Parent,
  child: Child,
  live: KubeObject | undefined,
  { uuid, nowMs }: { readonly uuid: () => string; readonly nowMs: number },
): KubeObject {
  const { name, uid } = parent.metadata;
  return {
    ...child,
    metadata: {
      ...child.metadata,
      uid: live?.metadata.uid ?? uuid(),
      generation: (live?.metadata.generation ?? 0) + 1,
      creationTimestamp: live?.metadata.creationTimestamp ?? timestamp(nowMs),
      ownerReferences: [{ kind: 'ElastiService', name, uid, controller: true }],
    },
  };
}
