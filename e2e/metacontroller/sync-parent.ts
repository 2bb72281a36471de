import { hasStatus } from './api-client.ts';
import { claimChildren } from './claim-children.ts';
import { type CompositeControllerObject, controllerForHooks } from './composite-controller-spec.ts';
import { childSelector, labelledChild } from './desired-child.ts';
import { parseSyncAnswer, type SyncAnswer } from './hook-answer.ts';
import type { CallHook } from './hook-client.ts';
import type { Informer } from './informer.ts';
import { describe, hasFinalizer, isDeleting, type KubeObject } from './kube-object.ts';
import { matchesSelector } from './label-selector.ts';
import type { ManageChildren } from './manage-children.ts';
import type { ObjectClient } from './object-client.ts';
import type { ObjectMap } from './object-map.ts';
import { statusToWrite, withStatus } from './parent-status.ts';
import type { ResourceType } from './resource-type.ts';

export interface SyncParentDeps {
  readonly controller: CompositeControllerObject;
  readonly parentType: ResourceType;
  readonly childInformers: readonly Informer[];
  readonly objects: ObjectClient;
  readonly callSync: CallHook;
  readonly callFinalize: CallHook | undefined;
  readonly relatedOf: (parent: KubeObject) => Promise<ObjectMap>;
  readonly manageChildren: ManageChildren;
  readonly resyncAfter: (parent: KubeObject, delayMs: number) => void;
}

export interface Finalizing {
  readonly finalizer: string;
  /** Whether a parent is ours: it matches the parent selector or carries our finalizer still. */
  readonly isOurs: (parent: KubeObject) => boolean;
}

const GARBAGE_COLLECTOR_FINALIZERS = ['foregroundDeletion', 'orphan'];

export function createFinalizing({ metadata, spec }: CompositeControllerObject): Finalizing {
  const finalizer = `metacontroller.io/compositecontroller-${metadata.name}`;
  const isOurs = (parent: KubeObject) =>
    hasFinalizer(parent, finalizer) || matchesSelector(spec.parentResource.labelSelector, parent.metadata.labels);
  return { finalizer, isOurs };
}

/** One sync of one parent: finalizer, children, related objects, hook, children again, status. Throws what failed. */
export function createSyncParent(deps: SyncParentDeps): (parent: KubeObject) => Promise<void> {
  const { controller, parentType, childInformers, objects } = deps;
  const { callSync, callFinalize, relatedOf, manageChildren, resyncAfter } = deps;
  const { finalizer, isOurs } = createFinalizing(controller);
  const { labelSelector } = controller.spec.parentResource;
  const isGenerated = controller.spec.generateSelector === true;
  const controllerInBody = controllerForHooks(controller);

  function mayManageChildren(parent: KubeObject): boolean {
    if (!isDeleting(parent)) return true;
    // The garbage collector is at the children already; Metacontroller does not fight it.
    const isCollected = GARBAGE_COLLECTOR_FINALIZERS.some((name) => hasFinalizer(parent, name));
    return callFinalize !== undefined && hasFinalizer(parent, finalizer) && !isCollected;
  }

  async function withFinalizer(parent: KubeObject): Promise<KubeObject> {
    const isWanted = callFinalize !== undefined;
    if (hasFinalizer(parent, finalizer) === isWanted || (isWanted && isDeleting(parent))) return parent;
    return wrap(`can't sync finalizer for ${describe(parent)}`, () =>
      objects.readAndWrite(parentType, parent, (live) => changeFinalizer(live, finalizer, isWanted)),
    );
  }

  async function askHook(parent: KubeObject, children: ObjectMap, related: ObjectMap): Promise<SyncAnswer> {
    const isUnselected = !matchesSelector(labelSelector, parent.metadata.labels);
    const isFinalizing = callFinalize !== undefined && (isDeleting(parent) || isUnselected);
    const callHook = isFinalizing ? callFinalize : callSync;
    const hookName = isFinalizing ? 'finalize' : 'sync';
    const body = { controller: controllerInBody, parent, children, related, finalizing: isFinalizing };
    return wrap(`sync hook failed for ${describe(parent)}: ${hookName} hook failed (version=v2)`, async () =>
      parseSyncAnswer(await callHook(body)),
    );
  }

  async function writeStatus(parent: KubeObject, status: Record<string, unknown>): Promise<void> {
    try {
      const wanted = statusToWrite(status, parent);
      await objects.readAndWrite(parentType, parent, (live) => withStatus(live, wanted), 'status');
    } catch (error) {
      // Gone, or changed again and again while we tried: there is nothing to do, or the change starts its own sync.
      if (hasStatus(error, 404) || hasStatus(error, 409)) return;
      throw new Error(`can't update status for ${describe(parent)}: ${messageOf(error)}`, { cause: error });
    }
  }

  return async (cached) => {
    if (!isOurs(cached)) return;
    let parent = await withFinalizer(cached);
    if (!isOurs(parent)) return;
    const selector = childSelector(parent, isGenerated);
    const observed = await claimChildren({ objects, parentType, parent, selector, childInformers });
    const related = await relatedOf(parent);
    const answer = await askHook(parent, observed, related);

    if (answer.resyncAfterSeconds > 0) resyncAfter(parent, answer.resyncAfterSeconds * 1000);
    if (answer.finalized) {
      parent = await wrap(`can't remove finalizer for ${describe(parent)}`, () =>
        objects.readAndWrite(parentType, parent, (live) => changeFinalizer(live, finalizer, false)),
      );
    }
    const desired = answer.children.map((child) => labelledChild(child, parent, isGenerated));

    // The status is written even when a child fails, and the failure is reported after it.
    let failure: unknown;
    if (mayManageChildren(parent)) {
      failure = await wrap(`can't reconcile children for ${describe(parent)}`, () =>
        manageChildren({ parent, observed, desired }),
      ).catch((error: unknown) => error);
    }
    await writeStatus(parent, answer.status);
    if (failure) throw failure;
  };
}

function changeFinalizer(live: KubeObject, finalizer: string, isWanted: boolean): KubeObject | undefined {
  if (hasFinalizer(live, finalizer) === isWanted) return undefined;
  const others = (live.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  return { ...live, metadata: { ...live.metadata, finalizers: isWanted ? [...others, finalizer] : others } };
}

async function wrap<T>(what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new Error(`${what}: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
