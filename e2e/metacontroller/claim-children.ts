import { hasStatus } from './api-client.ts';
import { ownerReferenceTo } from './desired-child.ts';
import type { Informer } from './informer.ts';
import { describe, isDeleting, type KubeObject } from './kube-object.ts';
import { type LabelSelector, matchesSelector } from './label-selector.ts';
import type { ObjectClient } from './object-client.ts';
import { type ObjectMap, ObjectMapBuilder } from './object-map.ts';
import type { ResourceType } from './resource-type.ts';

export interface Claim {
  readonly objects: ObjectClient;
  readonly parentType: ResourceType;
  readonly parent: KubeObject;
  readonly selector: LabelSelector;
  readonly childInformers: readonly Informer[];
}

/**
 * The children a parent owns. One that no longer matches the selector is released, and a matching one that nobody
 * controls is adopted, unless the parent is being deleted.
 */
export async function claimChildren(claim: Claim): Promise<ObjectMap> {
  const { objects, parentType, parent, selector, childInformers } = claim;
  const uid = parent.metadata.uid ?? '';
  const children = new ObjectMapBuilder();
  const isWithinReach = ({ metadata }: KubeObject) =>
    !parentType.isNamespaced || metadata.namespace === parent.metadata.namespace;
  const isMatch = ({ metadata }: KubeObject) => matchesSelector(selector, metadata.labels);

  for (const { type, store } of childInformers) {
    children.declare(type);
    for (const child of store.ownedBy(uid).filter(isWithinReach)) {
      if (isMatch(child)) children.insert(child);
      else if (!isDeleting(parent)) await release(objects, type, child, uid);
    }
    if (isDeleting(parent)) continue;
    for (const child of store.withoutController().filter(isWithinReach)) {
      if (!isMatch(child) || isDeleting(child)) continue;
      const isAdopted = await adopt(claim, type, child);
      if (isAdopted) children.insert(child);
    }
  }
  return children.build();
}

async function release(objects: ObjectClient, type: ResourceType, child: KubeObject, uid: string): Promise<void> {
  await ignoringGone(
    objects.readAndWrite(type, child, (live) =>
      withOwners(
        live,
        (live.metadata.ownerReferences ?? []).filter((reference) => reference.uid !== uid),
      ),
    ),
  );
}

async function adopt({ objects, parentType, parent }: Claim, type: ResourceType, child: KubeObject): Promise<boolean> {
  const live = await objects.get(parentType, parent.metadata.namespace, parent.metadata.name);
  if (live.metadata.uid !== parent.metadata.uid) throw new Error(`original ${describe(parent)} is gone`);
  if (isDeleting(live)) throw new Error(`can't adopt ${describe(child)}: ${describe(parent)} has just been deleted`);
  const reference = ownerReferenceTo(parent);
  return ignoringGone(
    objects.readAndWrite(type, child, (orphan) => {
      const others = (orphan.metadata.ownerReferences ?? []).filter(({ uid }) => uid !== reference.uid);
      return withOwners(orphan, [...others, reference]);
    }),
  );
}

function withOwners(object: KubeObject, ownerReferences: KubeObject['metadata']['ownerReferences']): KubeObject {
  return { ...object, metadata: { ...object.metadata, ownerReferences: ownerReferences ?? [] } };
}

async function ignoringGone(write: Promise<KubeObject>): Promise<boolean> {
  try {
    await write;
    return true;
  } catch (error) {
    if (hasStatus(error, 404)) return false;
    throw error;
  }
}
