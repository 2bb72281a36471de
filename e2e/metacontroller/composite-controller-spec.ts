import type { KubeObject } from './kube-object.ts';
import type { LabelSelector } from './label-selector.ts';

export interface KeyRef {
  readonly name: string;
  readonly namespace: string;
  readonly key?: string;
}

export interface Connection {
  readonly caBundle?: { readonly inline?: string; readonly secretRef?: KeyRef; readonly configMapRef?: KeyRef };
  readonly authorization?: { readonly type?: string; readonly secretRef: KeyRef };
  readonly basicAuth?: unknown;
  readonly clientTLS?: unknown;
}

export interface Webhook extends Connection {
  readonly url?: string;
  readonly timeout?: string;
  readonly path?: string;
  readonly service?: {
    readonly name: string;
    readonly namespace: string;
    readonly port?: number;
    readonly protocol?: string;
  };
}

export interface Hook {
  readonly version?: string;
  readonly webhook?: Webhook;
}

interface ResourceRule {
  readonly apiVersion: string;
  readonly resource: string;
}

export interface ChildResourceRule extends ResourceRule {
  readonly updateStrategy?: { readonly method?: string; readonly statusChecks?: object };
}

export interface CompositeControllerSpec {
  readonly parentResource: ResourceRule & {
    readonly labelSelector?: LabelSelector;
    readonly ignoreStatusChanges?: boolean;
  };
  readonly childResources?: readonly ChildResourceRule[];
  readonly hooks?: { readonly customize?: Hook; readonly sync?: Hook; readonly finalize?: Hook };
  readonly endpointConfigs?: readonly (Connection & { readonly host: string })[];
  readonly resyncPeriodSeconds?: number;
  readonly generateSelector?: boolean;
}

export interface CompositeControllerObject extends KubeObject {
  spec: CompositeControllerSpec;
}

/** The `controller` of a hook body: the object as Metacontroller's types print it, with a `statusChecks` per strategy and a status. */
export function controllerForHooks(controller: CompositeControllerObject): KubeObject {
  const { childResources } = controller.spec;
  return {
    kind: controller.kind,
    apiVersion: controller.apiVersion,
    metadata: controller.metadata,
    spec: childResources
      ? { ...controller.spec, childResources: childResources.map(withStatusChecks) }
      : controller.spec,
    status: {},
  };
}

function withStatusChecks(rule: ChildResourceRule): ChildResourceRule {
  if (!rule.updateStrategy) return rule;
  return { ...rule, updateStrategy: { ...rule.updateStrategy, statusChecks: rule.updateStrategy.statusChecks ?? {} } };
}
