import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SERVICES, SLICES, type SyncResponse } from '../../src/api/hooks.ts';
import { MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../../src/core/resources/resolver-slices.ts';
import { type Member as FleetMember, makeElastiServiceSpec } from '../scale/fleet.ts';

// One ElastiService as Metacontroller shows it: the objects are those of a recorded request, with names, status and children of
// its own.

export interface Member {
  /** The body of its next hook request. */
  body(): string;
  /** Does with the answer what Metacontroller does. */
  apply(answer: SyncResponse): void;
}

interface KubeObject {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
}
type Objects = Readonly<Record<string, Readonly<Record<string, KubeObject>>>>;
interface Recorded {
  readonly controller: object;
  readonly parent: KubeObject;
  readonly children: Objects;
  readonly related: Objects;
}

const RESOLVER_SERVICE = 'elasti-resolver-service';

export function createMember(
  member: FleetMember,
  { prometheus, resolverAddress }: { readonly prometheus: string; readonly resolverAddress: string },
): Member {
  const { name, namespace, isAsleep } = member;
  const uid = randomUUID();
  const { controller, parent, related } = rename(isAsleep ? 'asleep' : 'serving', { name, namespace, uid });
  const spec = makeElastiServiceSpec(member, prometheus);
  const publicService = Object.values(related[SERVICES] ?? {}).find(({ metadata }) => metadata.name === name);
  if (!publicService) throw new Error('no Service was recorded');
  const ownSlice = sliceOf(related, name);
  const conditions = { ready: true, serving: true, terminating: false };
  const resolverSlice = {
    ...sliceOf(related, RESOLVER_SERVICE),
    endpoints: [{ addresses: [resolverAddress], conditions }],
  };
  const owner = { apiVersion: 'elasti.truefoundry.com/v1alpha1', kind: 'ElastiService', name, uid, controller: true };
  let status: object | undefined;
  let children: readonly KubeObject[] = [];

  const asCreated = (child: KubeObject): KubeObject => ({
    ...child,
    metadata: {
      ...child.metadata,
      uid: children.find(({ metadata }) => metadata.name === child.metadata.name)?.metadata.uid ?? randomUUID(),
      labels: { ...child.metadata.labels, 'controller-uid': uid },
      ...{ ownerReferences: [{ ...owner, blockOwnerDeletion: true }], resourceVersion: '415' },
    },
  });

  return {
    body: () => {
      const services = byKey(children.filter(({ kind }) => kind === 'Service'));
      const slices = byKey(children.filter(({ kind }) => kind === 'EndpointSlice'));
      return JSON.stringify({
        controller,
        parent: { ...parent, spec, ...(status === undefined ? {} : { status }) },
        children: { [SERVICES]: services, [SLICES]: slices },
        related: {
          [SERVICES]: { ...byKey([publicService]), ...services },
          [SLICES]: { ...byKey([ownSlice, resolverSlice]), ...slices },
        },
        finalizing: false,
      });
    },
    apply: (answer) => {
      status = { ...answer.status, observedGeneration: 1 };
      children = (answer.children as readonly KubeObject[]).map(asCreated);
    },
  };
}

const recorded = new Map(
  (['asleep', 'serving'] as const).map((kind) => {
    const file = new URL(`../sync-throughput/recorded/${kind}.json`, import.meta.url);
    return [kind, JSON.parse(readFileSync(file, 'utf8')).request as Recorded] as const;
  }),
);

/** The recorded request of that kind with other names in it. */
function rename(
  kind: 'asleep' | 'serving',
  to: { readonly name: string; readonly namespace: string; readonly uid: string },
): Recorded {
  const { controller, ...rest } = recorded.get(kind) as Recorded;
  const { name, namespace, uid = '' } = rest.parent.metadata;
  const renamed = JSON.stringify(rest)
    .replaceAll(uid, to.uid)
    .replaceAll(namespace, to.namespace)
    .replaceAll(`"${name}"`, `"${to.name}"`);
  return { ...JSON.parse(renamed), controller };
}

/** The EndpointSlice that Kubernetes keeps of a Service. */
function sliceOf({ [SLICES]: slices = {} }: Objects, service: string): KubeObject {
  const isItsOwn = ({ metadata: { labels } }: KubeObject) =>
    labels?.[SERVICE_NAME_LABEL] === service && labels[MANAGED_BY_LABEL] === 'endpointslice-controller.k8s.io';
  const found = Object.values(slices).find(isItsOwn);
  if (!found) throw new Error(`no EndpointSlice of ${service} was recorded`);
  return found;
}

const byKey = (objects: readonly KubeObject[]): Record<string, KubeObject> =>
  Object.fromEntries(objects.map((object) => [`${object.metadata.namespace}/${object.metadata.name}`, object]));
