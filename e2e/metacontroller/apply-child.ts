import { hasStatus } from './api-client.ts';
import { ownedChild } from './desired-child.ts';
import { canonicalJson, isDeleting, type KubeObject } from './kube-object.ts';
import { LAST_APPLIED_ANNOTATION, mergeDesired, withLastApplied } from './last-applied-merge.ts';
import type { ObjectClient } from './object-client.ts';
import { type ResourceType, wireKind } from './resource-type.ts';

export interface ChildToApply {
  readonly type: ResourceType;
  readonly parent: KubeObject;
  readonly desired: KubeObject;
  readonly observed: KubeObject | undefined;
}

/** Creates or updates one child. A child that is being deleted is left alone, and a lost race is left to the next sync. */
export type ApplyChild = (child: ChildToApply) => Promise<void>;

interface Applied {
  readonly desiredJson: string;
  readonly uid: string | undefined;
  readonly version: string;
}

/**
 * Server-side apply with force. Nothing is sent while the answer is what was applied last and the child has not
 * moved since: by generation, or by resourceVersion for kinds without one. The memory starts empty, so each child
 * is applied once after a start.
 */
export function createServerSideApply(objects: ObjectClient, fieldManager: string): ApplyChild {
  const applied = new Map<string, Applied>();

  return async ({ type, parent, desired, observed }) => {
    if (observed && isDeleting(observed)) return;
    const child = withoutServerFields(ownedChild(desired, parent));
    const desiredJson = canonicalJson(child);
    const key = [wireKind(type), child.metadata.namespace, child.metadata.name].join('/');
    const last = applied.get(key);
    const hasMoved = !observed || last?.uid !== observed.metadata.uid || last?.version !== versionOf(observed);
    if (!hasMoved && last?.desiredJson === desiredJson) return;
    if (observed?.metadata.annotations?.[LAST_APPLIED_ANNOTATION] !== undefined) {
      const isGone = await removeLastApplied(objects, type, observed);
      if (isGone) return;
    }
    try {
      const live = await objects.apply(type, child, fieldManager);
      applied.set(key, { desiredJson, uid: live.metadata.uid, version: versionOf(live) });
    } catch (error) {
      if (!hasStatus(error, 409)) throw error;
    }
  };
}

/** The default of Metacontroller: a three-way merge of its own, remembered in an annotation and written by PUT. */
export function createDynamicApply(objects: ObjectClient): ApplyChild {
  return async ({ type, parent, desired, observed }) => {
    if (!observed) {
      const child = ownedChild(withLastApplied(desired, desired), parent);
      await objects.create(type, child).catch(unless(409));
      return;
    }
    const merged = mergeDesired(observed, desired);
    if (canonicalJson(merged) === canonicalJson(observed) || isDeleting(observed)) return;
    await objects.update(type, merged).catch(unless(404, 409));
  };
}

function versionOf({ metadata }: KubeObject): string {
  return metadata.generation ? `generation ${metadata.generation}` : `resourceVersion ${metadata.resourceVersion}`;
}

function withoutServerFields(child: KubeObject): KubeObject {
  const { status: _status, ...rest } = child;
  const {
    selfLink: _selfLink,
    uid: _uid,
    resourceVersion: _resourceVersion,
    generation: _generation,
    creationTimestamp: _creationTimestamp,
    deletionTimestamp: _deletionTimestamp,
    deletionGracePeriodSeconds: _deletionGracePeriodSeconds,
    managedFields: _managedFields,
    ...metadata
  } = child.metadata;
  return { ...rest, apiVersion: child.apiVersion, kind: child.kind, metadata };
}

async function removeLastApplied(objects: ObjectClient, type: ResourceType, child: KubeObject): Promise<boolean> {
  const path = `/metadata/annotations/${LAST_APPLIED_ANNOTATION.replaceAll('/', '~1')}`;
  try {
    await objects.patch(type, child, [{ op: 'remove', path }]);
    return false;
  } catch (error) {
    if (!hasStatus(error, 404)) throw error;
    return true;
  }
}

function unless(...statuses: number[]): (error: unknown) => void {
  return (error) => {
    if (!statuses.some((status) => hasStatus(error, status))) throw error;
  };
}
