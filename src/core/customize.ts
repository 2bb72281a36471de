import type { CustomizeResponse } from '../api/hooks.ts';
import { privateServiceName } from './names.ts';
import { SERVICE_NAME_LABEL } from './resources/resolver-slices.ts';
import type { ElastiService, Settings } from './types.ts';

/**
 * What Metacontroller is to watch and send along: the public and the private Service, the EndpointSlices of both, and
 * the resolver's. No workload: each of its events would be matched against every parent, and none is needed.
 */
export function customize(
  { namespace, spec }: Pick<ElastiService, 'namespace' | 'spec'>,
  { resolver }: Settings,
): CustomizeResponse {
  const names = [spec.service, privateServiceName(spec.service)];
  const slices = { apiVersion: 'discovery.k8s.io/v1', resource: 'endpointslices' };
  return {
    relatedResources: [
      { apiVersion: 'v1', resource: 'services', namespace, names },
      {
        ...slices,
        namespace,
        labelSelector: { matchExpressions: [{ key: SERVICE_NAME_LABEL, operator: 'In', values: names }] },
      },
      {
        ...slices,
        namespace: resolver.namespace,
        labelSelector: { matchLabels: { [SERVICE_NAME_LABEL]: resolver.serviceName } },
      },
    ],
  };
}
