import type { ApplyChild } from './apply-child.ts';
import type { CompositeControllerObject, Hook } from './composite-controller-spec.ts';
import { Customize, RelatedNotSyncedError } from './customize.ts';
import { childSelector } from './desired-child.ts';
import type { Discovery } from './discovery.ts';
import type { RecordEvent } from './event-recorder.ts';
import { NullChildError } from './hook-answer.ts';
import { type CallHook, createHookClient, TooManyRequestsError } from './hook-client.ts';
import { type ReadKey, readHookEndpoint } from './hook-endpoint.ts';
import type { Informer, ObjectHandler } from './informer.ts';
import type { Informers } from './informers.ts';
import { controllerOf, groupOf, isDeleting, type KubeObject, keyOf, objectKey } from './kube-object.ts';
import { matchesSelector } from './label-selector.ts';
import type { Logger } from './logger.ts';
import { createManageChildren } from './manage-children.ts';
import type { ObjectClient } from './object-client.ts';
import { isStatusOnlyChange } from './parent-status.ts';
import { createFinalizing, createSyncParent, type Finalizing } from './sync-parent.ts';
import { WorkQueue } from './work-queue.ts';

export interface CompositeControllerDeps {
  readonly objects: ObjectClient;
  readonly discovery: Discovery;
  readonly informers: Informers;
  readonly applyChild: ApplyChild;
  readonly recordEvent: RecordEvent;
  readonly readKey: ReadKey;
  readonly logger: Logger;
  readonly workers: number;
  readonly cacheFlushMs: number;
  readonly announce: (line: string) => void;
  readonly crash: (reason: string) => void;
}

interface Hooks {
  readonly sync: CallHook;
  readonly customize: CallHook | undefined;
  readonly finalize: CallHook | undefined;
}

/** One CompositeController at work: its informers, its queue and the workers that sync its parents. */
export class CompositeController {
  readonly controller: CompositeControllerObject;
  readonly #deps: CompositeControllerDeps;
  readonly #queue = new WorkQueue();
  readonly #finalizing: Finalizing;
  readonly #parents: Informer;
  readonly #childInformers: readonly Informer[];
  readonly #customize: Customize;
  readonly #syncParent: (parent: KubeObject) => Promise<void>;
  readonly #removeHandlers: readonly (() => void)[];
  readonly #resyncTimer: NodeJS.Timeout;
  readonly #work: Promise<unknown>;

  /** Starts a controller; rejects when its spec asks for what is not there or not supported. */
  static async start(
    controller: CompositeControllerObject,
    deps: CompositeControllerDeps,
  ): Promise<CompositeController> {
    const { parentResource, childResources = [], endpointConfigs, hooks } = controller.spec;
    for (const { resource, updateStrategy } of childResources) {
      if (updateStrategy?.method === 'InPlace') continue;
      const method = updateStrategy?.method ?? 'OnDelete';
      throw new Error(`update strategy ${method} of ${resource} is not supported by this stand-in, only InPlace`);
    }
    const parentType = await deps.discovery.resource(parentResource.apiVersion, parentResource.resource);
    if (!parentType.hasStatus)
      throw new Error(`CRD of ${parentResource.resource} does not have subresource 'Status' enabled`);
    const childTypes = [];
    for (const { apiVersion, resource } of childResources)
      childTypes.push(await deps.discovery.resource(apiVersion, resource));
    const createHook = async (hook: Hook) =>
      createHookClient(await readHookEndpoint(hook, endpointConfigs, deps.readKey));
    if (!hooks?.sync) throw new Error('no sync hook defined');
    const calls: Hooks = {
      sync: await createHook(hooks.sync),
      customize: hooks.customize && (await createHook(hooks.customize)),
      finalize: hooks.finalize && (await createHook(hooks.finalize)),
    };
    const parents = deps.informers.acquire(parentType);
    const childInformers = childTypes.map((type) => deps.informers.acquire(type));
    return new CompositeController({ controller, deps, calls, parents, childInformers });
  }

  private constructor(parts: {
    readonly controller: CompositeControllerObject;
    readonly deps: CompositeControllerDeps;
    readonly calls: Hooks;
    readonly parents: Informer;
    readonly childInformers: readonly Informer[];
  }) {
    const { controller, deps, calls, parents, childInformers } = parts;
    const { objects, discovery, informers, applyChild } = deps;
    this.controller = controller;
    this.#deps = deps;
    this.#parents = parents;
    this.#childInformers = childInformers;
    this.#finalizing = createFinalizing(controller);
    const enqueueParent = (parent: KubeObject) => this.#enqueue(parent);
    this.#customize = new Customize({
      controller,
      callHook: calls.customize,
      discovery,
      informers,
      parents,
      enqueueParent,
    });
    this.#syncParent = createSyncParent({
      controller,
      parentType: parents.type,
      childInformers,
      objects,
      callSync: calls.sync,
      callFinalize: calls.finalize,
      relatedOf: (parent) => this.#customize.relatedOf(parent),
      manageChildren: createManageChildren({ objects, discovery, applyChild }),
      resyncAfter: (parent, delayMs) => this.#queue.addAfter(keyOf(parent), delayMs),
    });
    this.#removeHandlers = [
      parents.addHandler(this.#parentHandler()),
      ...childInformers.map((informer) => informer.addHandler(this.#childHandler())),
    ];
    const { resyncPeriodSeconds } = controller.spec;
    const resyncMs = resyncPeriodSeconds === undefined ? deps.cacheFlushMs : Math.max(1, resyncPeriodSeconds) * 1000;
    this.#resyncTimer = setInterval(() => {
      for (const parent of parents.store.all()) this.#enqueue(parent);
    }, resyncMs);
    this.#work = this.#run();
  }

  /** Ends the workers after their current sync. */
  async stop(): Promise<void> {
    clearInterval(this.#resyncTimer);
    for (const removeHandler of this.#removeHandlers) removeHandler();
    this.#queue.shutDown();
    await this.#work;
    this.#customize.stop();
    for (const informer of [this.#parents, ...this.#childInformers]) this.#deps.informers.release(informer);
  }

  async #run(): Promise<void> {
    const synced = Promise.all([this.#parents, ...this.#childInformers].map((informer) => informer.whenSynced()));
    await Promise.race([synced, this.#queue.whenShutDown()]);
    if (this.#queue.isShutDown) return;
    this.#deps.announce(`controller ${this.controller.metadata.name} started`);
    await Promise.all(Array.from({ length: this.#deps.workers }, () => this.#workUntilShutDown()));
  }

  async #workUntilShutDown(): Promise<void> {
    for (;;) {
      const key = await this.#queue.next();
      if (key === undefined) return;
      await this.#syncKey(key);
      this.#queue.done(key);
    }
  }

  async #syncKey(key: string): Promise<void> {
    const parent = this.#parents.store.get(key);
    try {
      if (parent) await this.#syncParent(parent);
      this.#queue.forget(key);
    } catch (error) {
      this.#retry(key, parent, error);
    }
  }

  #retry(key: string, parent: KubeObject | undefined, error: unknown): void {
    const cause = causes(error);
    const tooMany = cause.find((candidate) => candidate instanceof TooManyRequestsError);
    if (tooMany) {
      this.#queue.addAfter(key, tooMany.retryAfterMs);
      return;
    }
    const nullChild = cause.find((candidate) => candidate instanceof NullChildError);
    if (nullChild) this.#deps.crash(`the sync hook answered a null child for ${key}: ${nullChild.message}`);
    if (!cause.some((candidate) => candidate instanceof RelatedNotSyncedError)) {
      const message = `Sync error: ${(error as Error).message}`;
      this.#deps.logger.error({ parent: key, error: message }, 'sync failed');
      if (parent) this.#deps.recordEvent(parent, { type: 'Warning', reason: 'SyncError', message });
    }
    this.#queue.addRateLimited(key);
  }

  #enqueue(parent: KubeObject): void {
    if (this.#finalizing.isOurs(parent)) this.#queue.add(keyOf(parent));
  }

  #parentHandler(): ObjectHandler {
    const ignoresStatus = this.controller.spec.parentResource.ignoreStatusChanges === true;
    return {
      onAdd: (parent) => this.#enqueue(parent),
      onUpdate: (before, after) => {
        if (!ignoresStatus || !isStatusOnlyChange(before, after)) this.#enqueue(after);
      },
      onDelete: (parent) => this.#enqueue(parent),
    };
  }

  #childHandler(): ObjectHandler {
    const onChange = (child: KubeObject) => {
      if (controllerOf(child) || isDeleting(child)) this.#enqueueOwner(child);
      else for (const parent of this.#possibleParents(child)) this.#enqueue(parent);
    };
    return {
      onAdd: onChange,
      onUpdate: (_before, after) => onChange(after),
      onDelete: (child) => this.#enqueueOwner(child),
    };
  }

  #enqueueOwner(child: KubeObject): void {
    const reference = controllerOf(child);
    const { type, store } = this.#parents;
    if (reference?.kind !== type.kind || groupOf(reference.apiVersion) !== groupOf(type.apiVersion)) return;
    const parent = store.get(objectKey(type.isNamespaced ? child.metadata.namespace : undefined, reference.name));
    if (parent?.metadata.uid === reference.uid) this.#enqueue(parent);
  }

  /** The parents that might adopt a child that nobody controls. */
  #possibleParents(child: KubeObject): KubeObject[] {
    const { type, store } = this.#parents;
    const isGenerated = this.controller.spec.generateSelector === true;
    return store.all().filter((parent) => {
      if (type.isNamespaced && parent.metadata.namespace !== child.metadata.namespace) return false;
      try {
        return matchesSelector(childSelector(parent, isGenerated), child.metadata.labels);
      } catch {
        return false;
      }
    });
  }
}

function causes(error: unknown): Error[] {
  return error instanceof Error ? [error, ...causes(error.cause)] : [];
}
