import { hasStatus } from './api-client.ts';
import type { ApplyChild } from './apply-child.ts';
import type { Discovery } from './discovery.ts';
import { describe, groupOf, isDeleting, type KubeObject, keyOf } from './kube-object.ts';
import type { ObjectClient } from './object-client.ts';
import type { ObjectMap } from './object-map.ts';
import { wireKind } from './resource-type.ts';

export interface ChildrenToManage {
  readonly parent: KubeObject;
  readonly observed: ObjectMap;
  readonly desired: readonly KubeObject[];
}

export interface ManageChildrenDeps {
  readonly objects: ObjectClient;
  readonly discovery: Discovery;
  readonly applyChild: ApplyChild;
}

export type ManageChildren = (children: ChildrenToManage) => Promise<void>;

/** Deletes the children that were not returned, then applies those that were. One failure does not stop the others. */
export function createManageChildren({ objects, discovery, applyChild }: ManageChildrenDeps): ManageChildren {
  async function deleteChild(child: KubeObject): Promise<void> {
    const type = await discovery.kind(child.apiVersion, child.kind);
    try {
      await objects.delete(type, child);
    } catch (error) {
      if (hasStatus(error, 404)) return;
      throw new Error(`can't delete ${describe(child)}: ${(error as Error).message}`, { cause: error });
    }
  }

  return async ({ parent, observed, desired }) => {
    const failures: Error[] = [];
    const attempt = (work: Promise<void>) => work.catch((error: Error) => void failures.push(error));
    // The last of two children with one name counts.
    const wanted = new Map(desired.map((child) => [`${wireKind(child)} ${keyOf(child)}`, child]));

    for (const child of byKind(Object.values(observed).flatMap((group) => Object.values(group)))) {
      if (isDeleting(child) || wanted.has(`${wireKind(child)} ${keyOf(child)}`)) continue;
      await attempt(deleteChild(child));
    }
    for (const child of byKind([...wanted.values()])) {
      await attempt(
        (async () => {
          const type = await discovery.kind(child.apiVersion, child.kind);
          await applyChild({ type, parent, desired: child, observed: observed[wireKind(child)]?.[keyOf(child)] });
        })(),
      );
    }
    if (failures.length === 0) return;
    const messages = failures.map(({ message }) => message);
    throw new Error(messages.length === 1 ? messages[0] : `[${messages.join(', ')}]`, { cause: failures[0] });
  };
}

function byKind(children: KubeObject[]): KubeObject[] {
  const order = ({ apiVersion, kind }: KubeObject) => `${groupOf(apiVersion)} ${apiVersion} ${kind}`;
  return children.sort((a, b) => order(a).localeCompare(order(b)));
}
