import type { z } from 'zod';
import { EndpointSlice, Service, type Target } from '../../api/kubernetes.ts';
import { KubeApiError } from '../../errors.ts';
import { SCALED_OBJECTS, SLICES } from '../../kube/paths.ts';
import { DEPLOYMENTS, HPAS, Hpa, ROLLOUTS, ScaledObject, SERVICES, STATEFUL_SETS, Workload } from '../kube/kinds.ts';
import type { Kind, Kube } from '../kube/kube.ts';

/** All that a namespace has which concerns its ElastiServices; undefined: it may not be listed. */
export interface NamespaceObjects {
  readonly services: readonly Service[] | undefined;
  readonly slices: readonly EndpointSlice[] | undefined;
  readonly workloads: Readonly<Record<Target['kind'], readonly Workload[] | undefined>>;
  readonly scaledObjects: readonly ScaledObject[] | undefined;
  readonly hpas: readonly Hpa[] | undefined;
}

/** Lists a namespace once, however many ElastiServices it has. */
export async function readNamespace(kube: Kube, namespace: string): Promise<NamespaceObjects> {
  const list = async <T>(kind: Kind, schema: z.ZodType<T>): Promise<readonly T[] | undefined> => {
    try {
      return await kube.list(kind, { namespace }, schema);
    } catch (error) {
      if (error instanceof KubeApiError && error.code === 'FORBIDDEN') return undefined;
      // KEDA and Argo Rollouts need not be there.
      if (error instanceof KubeApiError && error.code === 'NOT_FOUND') return [];
      throw error;
    }
  };
  const [services, slices, deployments, statefulSets, rollouts, scaledObjects, hpas] = await Promise.all([
    list(SERVICES, Service),
    list(SLICES, EndpointSlice),
    list(DEPLOYMENTS, Workload),
    list(STATEFUL_SETS, Workload),
    list(ROLLOUTS, Workload),
    list(SCALED_OBJECTS, ScaledObject),
    list(HPAS, Hpa),
  ]);
  const workloads = { Deployment: deployments, StatefulSet: statefulSets, Rollout: rollouts };
  return { services, slices, workloads, scaledObjects, hpas };
}
