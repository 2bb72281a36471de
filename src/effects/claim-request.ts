import { isTcp } from '../core/resources/private-service.ts';
import type { Facts } from '../core/types.ts';
import type { ClaimRequest } from './claim-table.ts';

/** What is to be claimed for an ElastiService; undefined while its Service or its private Service is not there. */
export function claimRequestOf({
  elastiService,
  publicService,
  privateService,
  privateServiceName,
  slices,
}: Facts): ClaimRequest | undefined {
  const privateServiceUid = privateService?.metadata.uid;
  if (typeof publicService !== 'object' || privateServiceUid === undefined) return undefined;
  const { uid, namespace, name, spec, status } = elastiService;
  return {
    uid,
    namespace,
    elastiService: name,
    service: spec.service,
    privateService: privateServiceName,
    privateServiceUid,
    ports: (publicService.spec.ports ?? [])
      .filter(isTcp)
      .map((port) => ({ port: port.port, portName: port.name ?? '' })),
    before: status?.resolverPorts ?? [],
    named: [...slices.values()].flatMap((slice) => (slice.ports ?? []).flatMap(({ port }) => port ?? [])),
  };
}
