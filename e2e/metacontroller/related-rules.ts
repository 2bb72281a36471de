import type { RelatedRule } from './hook-answer.ts';
import type { KubeObject } from './kube-object.ts';
import { matchesSelector } from './label-selector.ts';
import type { ResourceType } from './resource-type.ts';

/** Throws for a rule that mixes names with a selector, or a namespace with a namespace selector. */
export function checkRelatedRule(rule: RelatedRule): void {
  if (rule.names?.length && (rule.labelSelector || rule.namespaceSelector)) {
    throw new Error(`related rule for ${rule.resource} has both names and a selector`);
  }
  if (rule.namespace && rule.namespaceSelector) {
    throw new Error(`related rule for ${rule.resource} has both namespace and namespaceSelector`);
  }
  if (rule.namespaceSelector) throw new Error('namespaceSelector is not supported by this stand-in');
}

/** Whether an object is what a rule asks for. The names of a rule without namespace count in every namespace. */
export function matchesRelatedRule(rule: RelatedRule, type: ResourceType, object: KubeObject): boolean {
  if (object.apiVersion !== type.apiVersion || object.kind !== type.kind) return false;
  if (type.isNamespaced && rule.namespace && object.metadata.namespace !== rule.namespace) return false;
  if (rule.names?.length) return rule.names.includes(object.metadata.name);
  return matchesSelector(rule.labelSelector, object.metadata.labels);
}
