import { z } from 'zod';
import {
  ElastiServiceSpec,
  ElastiServiceStatus,
  KEEP_AWAKE_ANNOTATION,
  SLEEP_ANNOTATION,
  WAKE_ANNOTATION,
} from '../api/elastiservice.ts';
import { type Parent, SERVICES, SLICES, type SyncRequest } from '../api/hooks.ts';
import type { EndpointSlice, Service, Target } from '../api/kubernetes.ts';
import { intern } from './intern.ts';
import { privateServiceName } from './names.ts';
import { sharedPort } from './redirect.ts';
import { desiredChildren } from './resources/children.ts';
import {
  hasReadyEndpoint,
  isReadyEndpoint,
  MANAGED_BY,
  MANAGED_BY_LABEL,
  readyEndpoints,
  SERVICE_NAME_LABEL,
} from './resources/resolver-slices.ts';
import type { AddressType, ElastiService, Facts, ReadyEndpoint, RequestFacts, ResolverPod, Settings } from './types.ts';

/** Set by kube-controller-manager on the slices that it keeps for a Service with a selector. */
const ENDPOINTSLICE_CONTROLLER = 'endpointslice-controller.k8s.io';

// Compiled, they take a quarter of the time, of which every sync has its share.
const Spec = z.compile(ElastiServiceSpec);
const Status = z.compile(ElastiServiceStatus);

/** The parent parsed; or, where its spec is not one of ours, the sentence that says why. */
export function parseElastiService(parent: Parent): ElastiService | { readonly invalid: string } {
  const spec = Spec.safeParse(parent.spec);
  if (!spec.success) {
    const issue = spec.error.issues[0];
    return { invalid: `spec.${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}` };
  }
  // An unreadable status is a lost status.
  const status = z.validate(Status, parent.status) ? parent.status : undefined;
  const { metadata } = parent;
  return {
    name: intern(metadata.name),
    namespace: intern(metadata.namespace),
    uid: intern(metadata.uid),
    generation: metadata.generation,
    createdAt: new Date(metadata.creationTimestamp ?? 0),
    deletedAt: metadata.deletionTimestamp === undefined ? undefined : new Date(metadata.deletionTimestamp),
    wakeToken: metadata.annotations?.[WAKE_ANNOTATION],
    keepAwakeUntil: metadata.annotations?.[KEEP_AWAKE_ANNOTATION],
    sleepSwitch: metadata.annotations?.[SLEEP_ANNOTATION],
    spec: spec.data,
    status: status?.phase === undefined ? undefined : status,
  };
}

/** The target by its canonical kind; legacy spellings are read as what they meant. */
export function targetOf({ namespace, spec }: { namespace: string; spec: ElastiServiceSpec }): Target {
  const { apiVersion, kind, name } = spec.scaleTargetRef;
  const canonical = kind === 'deployments' ? 'Deployment' : kind === 'rollouts' ? 'Rollout' : kind;
  return { namespace, apiVersion, kind: canonical, name };
}

/** All that a /sync or /finalize request says about an ElastiService, made plain. */
export function observe(request: SyncRequest, elastiService: ElastiService, settings: Settings): Facts {
  const { namespace, spec, uid } = elastiService;
  const privateName = privateServiceName(spec.service);
  const services = request.related[SERVICES];
  const slices = request.related[SLICES];
  const publicService = services === undefined ? 'unknown' : (services[`${namespace}/${spec.service}`] ?? 'missing');
  const children = request.children[SLICES] ?? {};

  const all = Object.values(slices ?? {});
  const ofService = (name: string) =>
    all.filter((s) => s.metadata.namespace === namespace && s.metadata.labels?.[SERVICE_NAME_LABEL] === name);
  const ofPublic = ofService(spec.service);
  const own = (ownEndpointsOf(publicService) === 'private' ? ofService(privateName) : ofPublic).filter(isOwnSlice);
  const isReady = own.some(hasReadyEndpoint);
  const ofResolver = all.filter((slice) => isOfResolver(slice, settings));

  const privateService = request.children[SERVICES]?.[`${namespace}/${privateName}`];
  const facts: RequestFacts = {
    elastiService,
    target: targetOf(elastiService),
    publicService,
    privateServiceName: privateName,
    privateService,
    claimedBy: claimantOf(services?.[`${namespace}/${privateName}`], uid),
    ownSlices: own,
    readiness: slices === undefined ? 'unknown' : isReady ? 'ready' : 'notReady',
    hasEndpoints: own.some((slice) => (slice.endpoints ?? []).length > 0),
    foreignSlice: ofPublic
      .filter((s) => !isOwnSlice(s) && !isOurs(s, children, spec.service) && hasReadyEndpoint(s))
      .map((s) => s.metadata.name)
      .sort()[0],
    resolver: slices && resolverAddresses(ofResolver),
    resolverPods: settings.resolver.routing === 'port' ? resolverPods(ofResolver) : [],
    slices: new Map(
      Object.values(children)
        .map((slice) => [slice.metadata.name, slice] as const)
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  };
  // Once per request: each round of gathering makes a new view of the same facts.
  return { ...facts, desired: desiredChildren(facts, settings, sharedPort(settings)) };
}

/** A Service that publishes not-ready addresses shows every pod as ready; its private twin does not. */
export const ownEndpointsOf = (publicService: RequestFacts['publicService']): 'public' | 'private' =>
  typeof publicService === 'object' && publicService.spec.publishNotReadyAddresses === true ? 'private' : 'public';

/** Whether kube-controller-manager keeps the slice, from the Service's selector. */
export const isOwnSlice = (slice: EndpointSlice): boolean =>
  slice.metadata.labels?.[MANAGED_BY_LABEL] === ENDPOINTSLICE_CONTROLLER;

/** Whether the slice redirects a Service to the resolver, and we made it. */
export const isOurSlice = ({ metadata }: Labelled): boolean => metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY;

interface Labelled {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> | undefined };
}

function isOurs(slice: EndpointSlice, children: Readonly<Record<string, EndpointSlice>>, serviceName: string): boolean {
  const { name, namespace } = slice.metadata;
  if (isOurSlice(slice) || `${namespace}/${name}` in children) return true;
  // KubeElasti left its slices without a managed-by label, under the name that ours have.
  return name.startsWith(`elasti-${serviceName}-endpointslice-to-resolver-`);
}

function claimantOf(privateService: Service | undefined, uid: string): string | undefined {
  const controller = privateService?.metadata.ownerReferences?.find((owner) => owner.controller === true);
  return controller === undefined || controller.uid === uid ? undefined : controller.name;
}

// Only the resolver's own namespace: a Service of that name elsewhere is somebody else's.
const isOfResolver = ({ metadata }: EndpointSlice, { resolver }: Settings): boolean =>
  metadata.namespace === resolver.namespace && metadata.labels?.[SERVICE_NAME_LABEL] === resolver.serviceName;

function resolverAddresses(slices: readonly EndpointSlice[]): ReadonlyMap<AddressType, readonly ReadyEndpoint[]> {
  const found = new Map<AddressType, readonly ReadyEndpoint[]>();
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4' && slice.addressType !== 'IPv6') continue;
    found.set(slice.addressType, [...(found.get(slice.addressType) ?? []), ...readyEndpoints(slice)]);
  }
  for (const [family, endpoints] of found) found.set(family, inOrder(endpoints));
  return found;
}

function resolverPods(slices: readonly EndpointSlice[]): readonly ResolverPod[] {
  const pods = new Map<string, ResolverPod>();
  for (const slice of slices) {
    for (const endpoint of slice.endpoints ?? []) {
      const isReady = isReadyEndpoint(endpoint);
      for (const address of endpoint.addresses) {
        // While a pod moves from one slice to another it may be in both.
        if (pods.get(address)?.isReady) continue;
        pods.set(address, { address, uid: endpoint.targetRef?.uid, isReady });
      }
    }
  }
  return [...pods.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}

/** By address, each once; of two that have one address the later counts. */
function inOrder(endpoints: readonly ReadyEndpoint[]): readonly ReadyEndpoint[] {
  if (endpoints.length < 2) return endpoints;
  const byAddress = new Map(endpoints.map((endpoint) => [endpoint.address, endpoint]));
  return [...byAddress.values()].sort((a, b) => (a.address < b.address ? -1 : 1));
}
