import type { KubeObject, OwnerReference } from './kube-object.ts';
import { type LabelSelector, matchesSelector } from './label-selector.ts';

export const GENERATED_LABEL = 'controller-uid';

/** Selects the children of a parent: by the generated label, or by `spec.selector` of the parent. */
export function childSelector(parent: KubeObject, isGenerated: boolean): LabelSelector {
  if (isGenerated) return { matchLabels: { [GENERATED_LABEL]: parent.metadata.uid ?? '' } };
  const selector = (parent.spec as { selector?: LabelSelector } | undefined)?.selector;
  if (!selector?.matchLabels && !selector?.matchExpressions) {
    throw new Error('.spec.selector must have either matchLabels, matchExpressions, or both');
  }
  return selector;
}

export function ownerReferenceTo(parent: KubeObject): OwnerReference {
  return {
    apiVersion: parent.apiVersion,
    kind: parent.kind,
    name: parent.metadata.name,
    uid: parent.metadata.uid ?? '',
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** A returned child in the namespace of its parent and, with a generated selector, under the parent's label. */
export function labelledChild(child: KubeObject, parent: KubeObject, isGenerated: boolean): KubeObject {
  const namespace = child.metadata.namespace || parent.metadata.namespace;
  const labels = isGenerated ? { [GENERATED_LABEL]: parent.metadata.uid ?? '', ...child.metadata.labels } : undefined;
  const labelled: KubeObject = {
    ...child,
    metadata: { ...child.metadata, ...(namespace ? { namespace } : {}), ...(labels ? { labels } : {}) },
  };
  if (!matchesSelector(childSelector(parent, isGenerated), labelled.metadata.labels)) {
    throw new Error(`labels on desired child ${child.kind} ${child.metadata.name} don't match parent selector`);
  }
  return labelled;
}

export function ownedChild(child: KubeObject, parent: KubeObject): KubeObject {
  const references = child.metadata.ownerReferences ?? [];
  if (references.some(({ uid }) => uid === parent.metadata.uid)) return child;
  return { ...child, metadata: { ...child.metadata, ownerReferences: [...references, ownerReferenceTo(parent)] } };
}
