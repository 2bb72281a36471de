import type { Endpoint, EndpointSlice } from '../api/kubernetes.ts';
import {
  hasReadyEndpoint,
  isReadyEndpoint,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
} from '../core/resources/resolver-slices.ts';
import { keepMetadata } from './keep-metadata.ts';

/** Under the names that ours have, and KubeElasti's had. */
const TO_RESOLVER = /^elasti-.*-endpointslice-to-resolver-/;

/** Whose slices are kept with each endpoint: those of the resolver, and of the hook service itself. */
export type IsWhole = (namespace: string, service: string) => boolean;

/**
 * What decisions read of an EndpointSlice. Ours, and those of our programs, are kept with each endpoint. Of all others only that matters
 * whether they have endpoints, ready ones and others: at most one of each stands for all..
 */
export function keepSlice(slice: EndpointSlice, { isWhole }: { readonly isWhole: IsWhole }): object {
  const { metadata, addressType } = slice;
  const labels = {
    [MANAGED_BY_LABEL]: metadata.labels?.[MANAGED_BY_LABEL],
    [SERVICE_NAME_LABEL]: metadata.labels?.[SERVICE_NAME_LABEL],
  };
  const isOfProgram = isWhole(metadata.namespace ?? '', serviceOf(slice));
  if (!isOfProgram && !isOurs(slice)) {
    return { metadata: { labels }, addressType, endpoints: foldEndpoints(slice) };
  }
  return {
    metadata: { ...keepMetadata(metadata, labels), generation: metadata.generation },
    addressType,
    endpoints: slice.endpoints?.map((endpoint) => keepEndpoint(endpoint, isOfProgram)),
    ports: slice.ports?.map(({ name, port, protocol, appProtocol }) => ({ name, port, protocol, appProtocol })),
  };
}

/** The Service that a slice belongs to; empty where it does not say. */
export const serviceOf = ({ metadata }: Pick<EndpointSlice, 'metadata'>): string =>
  metadata.labels?.[SERVICE_NAME_LABEL] ?? '';

function isOurs({ metadata: { name, labels, ownerReferences = [] } }: EndpointSlice): boolean {
  if (labels?.[MANAGED_BY_LABEL] === MANAGED_BY || TO_RESOLVER.test(name)) return true;
  return ownerReferences.some(({ kind }) => kind === 'ElastiService');
}

function keepEndpoint({ addresses, conditions, nodeName, zone, targetRef }: Endpoint, isOfProgram: boolean): object {
  const pod = isOfProgram && targetRef?.uid !== undefined ? { targetRef: { uid: targetRef.uid } } : {};
  return { addresses, conditions, nodeName, zone, ...pod };
}

const READY: Endpoint = { addresses: ['ready'] };
const NOT_READY: Endpoint = { addresses: ['notReady'], conditions: { ready: false } };

function foldEndpoints(slice: EndpointSlice): Endpoint[] {
  const endpoints = slice.endpoints ?? [];
  const isAnyNotReady = endpoints.some((endpoint) => !isReadyEndpoint(endpoint) || endpoint.addresses.length === 0);
  return [...(hasReadyEndpoint(slice) ? [READY] : []), ...(isAnyNotReady ? [NOT_READY] : [])];
}
