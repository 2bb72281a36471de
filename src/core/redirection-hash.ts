import { hash } from 'node:crypto';
import type { EndpointSlice } from '../api/kubernetes.ts';

const HASH_LENGTH = 16;

/**
 * Another one as soon as a slice was made anew, or said something else in between, even if it says the same again: the API
 * server raises an EndpointSlice's generation with each change of it that is not of its annotations (k8s.io/kubernetes
 * pkg/registry/discovery/endpointslice/strategy.go).
 */
export function redirectionHash(slices: readonly EndpointSlice[]): string {
  const revisions = slices.map(({ metadata: { name, uid, generation } }) => `${name}/${uid}/${generation}`);
  return hash('sha256', revisions.sort().join()).slice(0, HASH_LENGTH);
}
