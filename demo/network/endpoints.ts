import type { EndpointSlice } from '../../src/api/kubernetes.ts';
import {
  isReadyEndpoint,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
} from '../../src/core/resources/resolver-slices.ts';
import type { Store } from '../control-plane/store.ts';

export interface ServicePortName {
  readonly namespace: string;
  readonly service: string;
  /** Name of the port of the Service. */
  readonly port: string;
}

/** Where a connection to a Service may go, in the model's addresses. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
  readonly kind: 'pod' | 'resolver';
}

/** What the EndpointSlices say of a port: the ready endpoints, or where there are none those that leave and still serve. */
export function readEndpoints(store: Store, { namespace, service, port }: ServicePortName): readonly Endpoint[] {
  const ready: Endpoint[] = [];
  const leaving: Endpoint[] = [];
  for (const object of store.list('endpointslices', namespace)) {
    const { metadata, endpoints, ports } = object as unknown as EndpointSlice;
    const number = ports?.find(({ name }) => name === port)?.port;
    if (metadata.labels?.[SERVICE_NAME_LABEL] !== service || number == null) continue;
    const kind = metadata.labels[MANAGED_BY_LABEL] === MANAGED_BY ? 'resolver' : 'pod';
    for (const endpoint of endpoints ?? []) {
      const found = endpoint.addresses.map((address): Endpoint => ({ address, port: number, kind }));
      if (isReadyEndpoint(endpoint)) ready.push(...found);
      else if (endpoint.conditions?.serving === true) leaving.push(...found);
    }
  }
  return ready.length > 0 ? ready : leaving;
}
