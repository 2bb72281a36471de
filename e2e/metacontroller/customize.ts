import type { CompositeControllerObject } from './composite-controller-spec.ts';
import { controllerForHooks } from './composite-controller-spec.ts';
import type { Discovery } from './discovery.ts';
import { parseCustomizeAnswer, type RelatedRule } from './hook-answer.ts';
import type { CallHook } from './hook-client.ts';
import type { Informer } from './informer.ts';
import type { Informers } from './informers.ts';
import type { KubeObject } from './kube-object.ts';
import { type ObjectMap, ObjectMapBuilder } from './object-map.ts';
import { checkRelatedRule, matchesRelatedRule } from './related-rules.ts';
import type { ResourceType } from './resource-type.ts';

/** A kind that a rule asks for is still being listed; the parent is tried again without an Event. */
export class RelatedNotSyncedError extends Error {}

export interface CustomizeDeps {
  readonly controller: CompositeControllerObject;
  readonly callHook: CallHook | undefined;
  readonly discovery: Discovery;
  readonly informers: Informers;
  readonly parents: Informer;
  readonly enqueueParent: (parent: KubeObject) => void;
}

interface CachedRules {
  readonly rules: readonly RelatedRule[];
  readonly expiresAtMs: number;
}

interface RelatedInformer {
  readonly informer: Informer;
  readonly removeHandler: () => void;
}

const CACHED_MS = 20 * 60_000;
const CLEANED_EVERY_MS = 10 * 60_000;

/** The related objects of each parent, by the rules its customize hook gave for its generation. */
export class Customize {
  readonly #deps: CustomizeDeps;
  readonly #cache = new Map<string, CachedRules>();
  readonly #related = new Map<string, RelatedInformer>();
  readonly #cleaner = setInterval(() => this.#dropExpired(), CLEANED_EVERY_MS).unref();

  constructor(deps: CustomizeDeps) {
    this.#deps = deps;
  }

  stop(): void {
    clearInterval(this.#cleaner);
    for (const { informer, removeHandler } of this.#related.values()) {
      removeHandler();
      this.#deps.informers.release(informer);
    }
    this.#related.clear();
  }

  async relatedOf(parent: KubeObject): Promise<ObjectMap> {
    const related = new ObjectMapBuilder();
    const rules = this.#cachedRules(parent) ?? (await this.#askRules(parent));
    for (const rule of rules) {
      const { type, store, hasSynced } = await this.#informerFor(rule);
      if (!hasSynced) throw new RelatedNotSyncedError(`${type.resource} are not listed yet`);
      checkRelatedRule(rule);
      related.declare(type);
      for (const object of store.all()) if (matchesRelatedRule(rule, type, object)) related.insert(object);
    }
    return related.build();
  }

  #cachedRules(parent: KubeObject): readonly RelatedRule[] | undefined {
    if (!this.#deps.callHook) return [];
    const cached = this.#cache.get(cacheKey(parent));
    return cached && cached.expiresAtMs > Date.now() ? cached.rules : undefined;
  }

  async #askRules(parent: KubeObject): Promise<readonly RelatedRule[]> {
    const { callHook, controller } = this.#deps;
    if (!callHook) return [];
    const rules = parseCustomizeAnswer(await callHook({ controller: controllerForHooks(controller), parent }));
    this.#cache.set(cacheKey(parent), { rules, expiresAtMs: Date.now() + CACHED_MS });
    return rules;
  }

  async #informerFor({ apiVersion, resource }: RelatedRule): Promise<Informer> {
    const type = await this.#deps.discovery.resource(apiVersion, resource);
    const key = `${apiVersion}/${resource}`;
    const known = this.#related.get(key);
    if (known) return known.informer;
    const informer = this.#deps.informers.acquire(type);
    this.#related.set(key, { informer, removeHandler: this.#follow(informer) });
    return informer;
  }

  /** Wakes the interested parents; the events of one kind are matched one after the other. */
  #follow(informer: Informer): () => void {
    let last = Promise.resolve();
    const notify = (...objects: KubeObject[]) => {
      last = last.then(() => this.#wakeParents(informer.type, objects));
    };
    return informer.addHandler({ onAdd: notify, onUpdate: notify, onDelete: notify });
  }

  async #wakeParents(type: ResourceType, objects: readonly KubeObject[]): Promise<void> {
    for (const parent of this.#deps.parents.store.all()) {
      const rules = this.#cachedRules(parent) ?? (await this.#askRules(parent).catch(() => []));
      const isInterested = rules.some(
        (rule) =>
          rule.apiVersion === type.apiVersion &&
          rule.resource === type.resource &&
          objects.some((object) => isMatch(rule, type, object)),
      );
      if (isInterested) this.#deps.enqueueParent(parent);
    }
  }

  #dropExpired(): void {
    for (const [key, { expiresAtMs }] of this.#cache) if (expiresAtMs <= Date.now()) this.#cache.delete(key);
  }
}

function cacheKey({ metadata }: KubeObject): string {
  return `${metadata.uid}/${metadata.generation}`;
}

/** A rule that is wrong matches nothing; the sync of its parent is what reports it. */
function isMatch(rule: RelatedRule, type: ResourceType, object: KubeObject): boolean {
  try {
    return matchesRelatedRule(rule, type, object);
  } catch {
    return false;
  }
}
