import type { Child, SyncResponse } from '../api/hooks.ts';

const DECLARED = new Set(['v1/Service', 'discovery.k8s.io/v1/EndpointSlice']);

/**
 * Throws on an answer that Metacontroller would choke on or that reaches beyond the parent: a null child crashes the
 * whole Metacontroller, a label that is no string fails each sync, a foreign namespace or an undeclared kind is lost.
 */
export function checkAnswer<T extends SyncResponse>(answer: T, namespace: string): T {
  const names = new Set<string>();
  for (const child of answer.children as readonly (Child | null | undefined)[]) {
    if (child == null) throw new Error('answer has a null child');
    const { apiVersion, kind, metadata } = child;
    if (!DECLARED.has(`${apiVersion}/${kind}`))
      throw new Error(`answer has a child of undeclared kind ${apiVersion}/${kind}`);
    if (metadata.namespace !== namespace) throw new Error(`answer has a child in namespace ${metadata.namespace}`);
    if (names.has(`${kind}/${metadata.name}`)) throw new Error(`answer has child ${kind}/${metadata.name} twice`);
    names.add(`${kind}/${metadata.name}`);
    for (const key in metadata.labels) {
      if (typeof metadata.labels[key] !== 'string')
        throw new Error(`label ${key} of ${kind}/${metadata.name} is no string`);
    }
    if (hasNull(child)) throw new Error(`child ${kind}/${metadata.name} has a null`);
    if (kind === 'EndpointSlice' && (child.endpoints as readonly unknown[]).length === 0) {
      throw new Error(`EndpointSlice ${metadata.name} has no endpoint`);
    }
  }
  if (!Number.isFinite(answer.resyncAfterSeconds) || answer.resyncAfterSeconds < 0) {
    throw new Error(`resyncAfterSeconds is ${answer.resyncAfterSeconds}`);
  }
  return answer;
}

function hasNull(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  if (typeof value !== 'object') return false;
  if (Array.isArray(value)) return value.some(hasNull);
  for (const key in value) if (hasNull(value[key as keyof typeof value])) return true;
  return false;
}
