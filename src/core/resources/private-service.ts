import type { Child } from '../../api/hooks.ts';
import type { Service, ServicePort } from '../../api/kubernetes.ts';
import { isSame } from './same.ts';

export const isTcp = (port: { readonly protocol?: string | null | undefined }): boolean =>
  (port.protocol ?? 'TCP') === 'TCP';

const makePort = (port: ServicePort) => ({
  ...(port.name === undefined ? {} : { name: port.name }),
  port: port.port,
  protocol: 'TCP',
  targetPort: port.targetPort ?? port.port,
  ...(port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol }),
});

const HEADLESS = { clusterIP: 'None' } as const;

export const isHeadless = ({ spec }: Service): boolean => spec.clusterIP === HEADLESS.clusterIP;

// UDP and SCTP stay with the public Service: the resolver forwards TCP only, and Metacontroller's default apply
// merges ports by number, so that a UDP twin of a TCP port would be lost on update.
const ownedSpec = (service: Service) => ({
  ...(isHeadless(service) ? HEADLESS : {}),
  type: 'ClusterIP',
  selector: service.spec.selector ?? {},
  ports: (service.spec.ports ?? []).filter(isTcp).map(makePort),
});

/**
 * The copy of the public Service that keeps pointing at the pods: its selector and TCP ports, nothing else of it. Headless, it
 * takes none of the cluster's addresses, and kube-proxy has nothing to do for it.
 */
export function makePrivateService(
  publicService: Service,
  { name, namespace, ...options }: { readonly name: string; readonly namespace: string; readonly isHeadless: boolean },
): Child {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'elasti' },
    },
    spec: { ...(options.isHeadless ? HEADLESS : {}), ...ownedSpec(publicService) },
  };
}

/** The observed private Service again, with the fields that we own. */
export function keepPrivateService(observed: Service, namespace: string): Child {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: observed.metadata.name,
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'elasti' },
    },
    spec: ownedSpec(observed),
  };
}

/** Whether the observed private Service is the desired one in address, selector and ports, and is not being deleted. */
export function isPrivateServiceCurrent(observed: Service | undefined, desired: Child): boolean {
  if (!observed || observed.metadata.deletionTimestamp !== undefined) return false;
  return observed.metadata.name === desired.metadata.name && isSame(ownedSpec(observed), desired.spec);
}
