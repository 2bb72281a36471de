import { isDeepStrictEqual } from 'node:util';
import type { Api } from './api-client.ts';
import { CompositeController, type CompositeControllerDeps } from './composite-controller.ts';
import type { CompositeControllerObject } from './composite-controller-spec.ts';
import { Informer } from './informer.ts';
import type { KubeObject } from './kube-object.ts';
import { type LabelSelector, matchesSelector } from './label-selector.ts';
import { WorkQueue } from './work-queue.ts';

export interface ManagerDeps extends CompositeControllerDeps {
  readonly api: Api;
  readonly targetSelector: LabelSelector;
}

const COMPOSITE_CONTROLLERS = {
  apiVersion: 'metacontroller.k8s.io/v1alpha1',
  kind: 'CompositeController',
  resource: 'compositecontrollers',
  isNamespaced: false,
  hasStatus: true,
};

/** Runs the selected CompositeControllers of the cluster. A changed spec starts its controller anew, a changed annotation does not. */
export class Manager {
  readonly #deps: ManagerDeps;
  readonly #informer: Informer;
  readonly #queue = new WorkQueue();
  readonly #running = new Map<string, CompositeController>();
  readonly #work: Promise<void>;

  constructor(deps: ManagerDeps) {
    this.#deps = deps;
    this.#informer = new Informer(COMPOSITE_CONTROLLERS, deps.api, deps.logger);
    const enqueue = (controller: KubeObject) => {
      if (matchesSelector(deps.targetSelector, controller.metadata.labels)) this.#queue.add(controller.metadata.name);
    };
    this.#informer.addHandler({ onAdd: enqueue, onUpdate: (_before, after) => enqueue(after), onDelete: enqueue });
    this.#informer.start();
    this.#work = this.#run();
  }

  async stop(): Promise<void> {
    this.#informer.stop();
    this.#queue.shutDown();
    await this.#work;
    await Promise.all([...this.#running.values()].map((controller) => controller.stop()));
  }

  async #run(): Promise<void> {
    for (;;) {
      const name = await this.#queue.next();
      if (name === undefined) return;
      await this.#reconcile(name);
      this.#queue.done(name);
    }
  }

  async #reconcile(name: string): Promise<void> {
    const controller = this.#informer.store.get(name) as CompositeControllerObject | undefined;
    const running = this.#running.get(name);
    if (running && isDeepStrictEqual(running.controller.spec, controller?.spec)) return;
    this.#running.delete(name);
    await running?.stop();
    if (!controller) return;
    try {
      this.#running.set(name, await CompositeController.start(controller, this.#deps));
      this.#deps.recordEvent(controller, { type: 'Normal', reason: 'Started', message: `Started controller: ${name}` });
      this.#queue.forget(name);
    } catch (error) {
      const message = `Cannot create new controller: ${(error as Error).message}`;
      this.#deps.logger.error({ err: error, controller: name }, 'cannot start the controller');
      this.#deps.recordEvent(controller, { type: 'Warning', reason: 'CreateError', message });
      this.#queue.addRateLimited(name);
    }
  }
}
