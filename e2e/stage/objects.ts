import type { ElastiServiceStatus } from '../../src/api/elastiservice.ts';
import type { KubeObject } from '../cluster/kube-object.ts';

export const ELASTI_SERVICES = 'elasti.truefoundry.com/v1alpha1/elastiservices';
export const DEPLOYMENTS = 'apps/v1/deployments';
export const SLICES = 'discovery.k8s.io/v1/endpointslices';
export const WAKE_ANNOTATION = 'elasti.truefoundry.com/wake';

export interface ElastiServiceObject extends KubeObject {
  readonly metadata: KubeObject['metadata'] & {
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly generation: number;
  };
  readonly status?: ElastiServiceStatus;
}

export interface Slice extends KubeObject {
  readonly addressType: string;
  readonly endpoints?: readonly Endpoint[] | null;
  readonly ports?: readonly { readonly name: string; readonly port: number }[] | null;
}

interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: { readonly ready?: boolean };
}
