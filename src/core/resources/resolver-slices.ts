import type { Child } from '../../api/hooks.ts';
import type { Endpoint, EndpointSlice, Service, ServicePort } from '../../api/kubernetes.ts';
import { sliceName } from '../names.ts';
import type { AddressType, ReadyEndpoint } from '../types.ts';
import { isTcp } from './private-service.ts';
import { isSame } from './same.ts';

export const MANAGED_BY = 'elasti.truefoundry.com';
export const SERVICE_NAME_LABEL = 'kubernetes.io/service-name';
export const MANAGED_BY_LABEL = 'endpointslice.kubernetes.io/managed-by';

interface SlicePort {
  readonly name: string;
  readonly port: number;
  readonly protocol: 'TCP';
  readonly appProtocol?: string;
}

/** Address families of a Service, its first one first. */
export function familiesOf(service: Service): readonly AddressType[] {
  const families = (service.spec.ipFamilies ?? []).filter((f): f is AddressType => f === 'IPv4' || f === 'IPv6');
  return families.length > 0 ? families : ['IPv4'];
}

/** The Service's TCP ports that have a port of the resolver, each at that. */
const slicePortsOf = (
  ports: readonly ServicePort[],
  resolverPortOf: (port: ServicePort) => number | undefined,
): readonly SlicePort[] =>
  ports.filter(isTcp).flatMap((port) => {
    const resolverPort = resolverPortOf(port);
    if (resolverPort === undefined) return [];
    const appProtocol = port.appProtocol === undefined ? {} : { appProtocol: port.appProtocol };
    return [{ name: port.name ?? '', port: resolverPort, protocol: 'TCP', ...appProtocol }];
  });

/**
 * In groups that hold each port number once: Metacontroller's default apply merges a slice's ports by number and would
 * lose the second of two. It changes one slice after the other, so that a port stays where it is: on its way from one
 * to another it would be in none for a moment.
 */
function groupPorts(
  ports: readonly SlicePort[],
  groupNow: (port: SlicePort) => number | undefined,
): ReadonlyMap<number, readonly SlicePort[]> {
  const groups = new Map<number, SlicePort[]>();
  const isFree = (group: number, { port }: SlicePort) => groups.get(group)?.every((p) => p.port !== port) ?? true;
  const place = (group: number, port: SlicePort) => groups.set(group, [...(groups.get(group) ?? []), port]);
  const isPlaced = (port: SlicePort) => {
    const group = groupNow(port);
    if (group === undefined || !isFree(group, port)) return false;
    place(group, port);
    return true;
  };
  for (const port of ports.filter((each) => !isPlaced(each))) {
    let group = 0;
    while (!isFree(group, port)) group += 1;
    place(group, port);
  }
  const inOrder = (some: readonly SlicePort[]) =>
    some.length < 2 ? some : ports.filter((port) => some.includes(port));
  return new Map([...groups].sort(([a], [b]) => a - b).map(([group, some]) => [group, inOrder(some)]));
}

const makeEndpoint = (endpoint: ReadyEndpoint) => ({
  addresses: [endpoint.address],
  conditions: { ready: true, serving: true, terminating: false },
  ...(endpoint.nodeName === undefined ? {} : { nodeName: endpoint.nodeName }),
  ...(endpoint.zone === undefined ? {} : { zone: endpoint.zone }),
});

function makeSlice(options: {
  readonly name: string;
  readonly namespace: string;
  readonly serviceName: string;
  readonly addressType: string;
  readonly endpoints: readonly ReadyEndpoint[];
  readonly ports: readonly unknown[];
}): Child {
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: options.name,
      namespace: options.namespace,
      labels: { [SERVICE_NAME_LABEL]: options.serviceName, [MANAGED_BY_LABEL]: MANAGED_BY },
    },
    addressType: options.addressType,
    endpoints: options.endpoints.map(makeEndpoint),
    ports: options.ports,
  };
}

/** The group that a slice of this name holds, where `first` is the name of the first one's. */
function groupOf(name: string, first: string): number | undefined {
  if (name === first) return 0;
  const further = name.startsWith(`${first}-`) ? Number(name.slice(first.length + 1)) : Number.NaN;
  return Number.isInteger(further) && further > 1 ? further - 1 : undefined;
}

/** The slices of one family that send the Service's TCP ports to the resolver; endpoints must not be empty. */
export function makeResolverSlices(options: {
  readonly service: Service;
  /** Name of its private Service. */
  readonly privateService: string;
  readonly namespace: string;
  readonly family: AddressType;
  readonly endpoints: readonly ReadyEndpoint[];
  readonly resolverPortOf: (port: ServicePort) => number | undefined;
  /** Those that are there, by name. */
  readonly observed: ReadonlyMap<string, EndpointSlice>;
}): readonly Child[] {
  const { service, privateService, namespace, family, endpoints, observed } = options;
  const serviceName = service.metadata.name;
  const isFirstFamily = familiesOf(service)[0] === family;
  const nameOf = (group: number) =>
    sliceName(serviceName, isFirstFamily ? { group, privateService } : { family, group, privateService });
  const ports = slicePortsOf(service.spec.ports ?? [], options.resolverPortOf);
  const groups = new Map<string, number>();
  for (const { metadata, addressType, ports: named } of observed.values()) {
    const group = addressType === family ? groupOf(metadata.name, nameOf(0)) : undefined;
    if (group !== undefined) for (const { name } of named ?? []) groups.set(name ?? '', group);
  }
  return [...groupPorts(ports, ({ name }) => groups.get(name))].map(([group, some]) =>
    makeSlice({ name: nameOf(group), namespace, serviceName, addressType: family, endpoints, ports: some }),
  );
}

/** Ready endpoints of a slice: ready (or not said) and not terminating, as kube-proxy reads them. */
export function readyEndpoints(slice: EndpointSlice): readonly ReadyEndpoint[] {
  const ready: ReadyEndpoint[] = [];
  for (const endpoint of slice.endpoints ?? []) {
    if (!isReadyEndpoint(endpoint)) continue;
    const { nodeName, zone } = endpoint;
    for (const address of endpoint.addresses) ready.push({ address, nodeName, zone });
  }
  return ready;
}

/** Whether a slice has any ready endpoint. */
export const hasReadyEndpoint = (slice: EndpointSlice): boolean =>
  (slice.endpoints ?? []).some((endpoint) => isReadyEndpoint(endpoint) && endpoint.addresses.length > 0);

/** Whether kube-proxy sends new connections there: ready (or not said) and not terminating. */
export const isReadyEndpoint = ({ conditions }: Endpoint): boolean =>
  conditions?.ready !== false && conditions?.terminating !== true;

const observedPorts = (slice: EndpointSlice) =>
  (slice.ports ?? []).map((p) => ({
    name: p.name ?? '',
    port: p.port,
    protocol: p.protocol ?? 'TCP',
    ...(p.appProtocol == null ? {} : { appProtocol: p.appProtocol }),
  }));

/** The observed slice again, with the fields that we own; undefined where there is nothing to hold on to. */
export function keepSlice(observed: EndpointSlice, namespace: string): Child | undefined {
  const endpoints = readyEndpoints(observed);
  const serviceName = observed.metadata.labels?.[SERVICE_NAME_LABEL];
  if (endpoints.length === 0 || serviceName === undefined) return undefined;
  const { name } = observed.metadata;
  return makeSlice({
    name,
    namespace,
    serviceName,
    addressType: observed.addressType,
    endpoints,
    ports: observedPorts(observed),
  });
}

const byJson = (a: unknown, b: unknown) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);
const sorted = (list: readonly unknown[]) => [...list].sort(byJson);

// Metacontroller keeps the order in which we wrote them, so that sorting is hardly ever needed.
const isSameSet = (a: readonly unknown[], b: readonly unknown[]) => isSame(a, b) || isSame(sorted(a), sorted(b));

/** Whether the observed slice is the desired one in Service, family, endpoints and ports, and is not being deleted. */
export function isSliceCurrent(observed: EndpointSlice | undefined, desired: Child): boolean {
  if (!observed || observed.metadata.deletionTimestamp !== undefined) return false;
  if (observed.addressType !== desired.addressType) return false;
  if (observed.metadata.labels?.[SERVICE_NAME_LABEL] !== desired.metadata.labels?.[SERVICE_NAME_LABEL]) return false;
  // Every endpoint counts here, not the ready ones alone: one of ours that somebody edited must not pass.
  const endpoints = (observed.endpoints ?? []).flatMap((e) =>
    e.addresses.map((address) => ({
      ...makeEndpoint({ address, nodeName: e.nodeName, zone: e.zone }),
      conditions: {
        ready: e.conditions?.ready ?? true,
        serving: e.conditions?.serving ?? true,
        terminating: e.conditions?.terminating ?? false,
      },
    })),
  );
  return (
    isSameSet(endpoints, desired.endpoints as readonly unknown[]) &&
    isSameSet(observedPorts(observed), desired.ports as readonly unknown[])
  );
}

/** As it, whoever the slice names. */
export const isSliceCurrentButForEndpoints = (observed: EndpointSlice | undefined, desired: Child): boolean =>
  isSliceCurrent(observed && { ...observed, endpoints: desired.endpoints as EndpointSlice['endpoints'] }, desired);
