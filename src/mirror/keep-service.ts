import type { Service } from '../api/kubernetes.ts';
import { keepMetadata } from './keep-metadata.ts';

/** What decisions read of a Service. */
export function keepService({ metadata, spec }: Service): object {
  const { type, clusterIP, ipFamilies, selector, ports } = spec;
  const { publishNotReadyAddresses, internalTrafficPolicy, externalTrafficPolicy } = spec;
  return {
    metadata: keepMetadata(metadata),
    spec: {
      type,
      // Whether it has one is all that counts.
      clusterIP: clusterIP === 'None' ? clusterIP : undefined,
      ipFamilies,
      selector,
      ports: ports?.map(({ name, port, protocol, targetPort, appProtocol }) => ({
        name,
        port,
        protocol,
        targetPort,
        appProtocol,
      })),
      publishNotReadyAddresses,
      internalTrafficPolicy,
      externalTrafficPolicy,
    },
  };
}
