import { z } from 'zod';
import { Parent, SERVICES, SLICES } from '../api/hooks.ts';
import { EndpointSlice, type ObjectRef, Service } from '../api/kubernetes.ts';
import { keyFor } from '../core/intern.ts';
import { privateServiceName } from '../core/names.ts';
import { SERVICE_NAME_LABEL } from '../core/resources/resolver-slices.ts';
import type { Settings } from '../core/types.ts';
import type { ObjectSink } from '../watch/list-watch.ts';
import { createIndex } from './create-index.ts';
import { keepElastiService } from './keep-elasti-service.ts';
import { keepService } from './keep-service.ts';
import { keepSlice, serviceOf } from './keep-slice.ts';
import { createKeptObjects } from './kept-objects.ts';
import { createTemplates } from './templates.ts';

/** Services and slices as a hook request has them. */
export type MirroredGroups = {
  readonly [SERVICES]: Record<string, Service>;
  readonly [SLICES]: Record<string, EndpointSlice>;
};

/** The cluster as our own watches show it, as far as decisions read it. */
export interface Mirror {
  readonly sinks: Readonly<Record<MirroredKind, ObjectSink>>;
  /** The sink for a list of one namespace. */
  sinkOf(kind: MirroredKind, namespace: string): ObjectSink;
  parent(key: string): Parent | undefined;
  parentKeys(): Iterable<string>;
  /** Whether traffic of the ElastiService goes to the resolver, as its status says. */
  isRedirected(key: string): boolean;
  /** The ElastiServices that name the Service. */
  parentsOf(namespace: string, service: string): readonly Parent[];
  /** What Metacontroller relates to a parent when asked to by /customize. */
  relatedOf(parent: Pick<Parent, 'metadata' | 'spec'>): MirroredGroups;
  /** The children of a parent, under the names that its Service gives them; each is among what is related to it. */
  childrenOf(parent: Pick<Parent, 'metadata' | 'spec'>, related: MirroredGroups): MirroredGroups;
  /** The slices of a Service. */
  slicesOf(namespace: string, service: string): readonly EndpointSlice[];
  /** How many objects are held, by what they are. */
  sizes(): Readonly<Record<MirroredKind, number>>;
}

export type MirroredKind = 'elastiServices' | 'services' | 'slices';

export interface MirrorDeps {
  readonly settings: Pick<Settings, 'resolver'>;
  /** A further Service of whose slices each endpoint is kept. */
  readonly ownService?: ObjectRef;
  /** Told of an ElastiService that came, changed or went. */
  onParent?(key: string): void;
  /** Told of an ElastiService of whose Services, or their slices, something changed. */
  onRelated?(key: string): void;
  /** Told that the slices of a Service changed, whether or not an ElastiService names it. */
  onSlices?(namespace: string, service: string): void;
  /** Told of an object that cannot be read; it counts as absent. */
  onMalformed?(kind: MirroredKind): void;
}

const NamesService = z.looseObject({ service: z.string() });

const ServiceShape = z.compile(Service);
const SliceShape = z.compile(EndpointSlice);
const ParentShape = z.compile(Parent);

/** Makes an empty mirror, which fills through its sinks. */
export function createMirror(deps: MirrorDeps): Mirror {
  const { settings, onParent = () => {}, onRelated = () => {}, onSlices = () => {}, onMalformed = () => {} } = deps;
  const { resolver } = settings;
  const isWhole = (namespace: string, service: string) =>
    (namespace === resolver.namespace && service === resolver.serviceName) ||
    (namespace === deps.ownService?.namespace && service === deps.ownService.name);
  const keysByService = createIndex();
  const slicesByService = createIndex();
  const templates = createTemplates();
  // Asked of all of them at once.
  const redirected = new Set<string>();

  const packJson = (object: object, before: string | undefined): string => {
    const text = JSON.stringify(object);
    return before !== undefined && templates.unpack(before) === text ? before : templates.pack(text);
  };
  const readJson = <T>(packed: string): T => JSON.parse(templates.unpack(packed));
  const tellRelated = (name: string) => keysByService.of(name).forEach((key) => void onRelated(key));

  const parse = <T>(kind: MirroredKind, shape: z.ZodType<T>, object: unknown): T | undefined => {
    const { data } = shape.safeParse(object);
    if (data === undefined) onMalformed(kind);
    return data;
  };

  const parents = createKeptObjects<string>({
    keep: (object, before) => {
      const parent = parse('elastiServices', ParentShape, object);
      return parent && packJson(keepElastiService(parent), before);
    },
    onChange: (key, after, before) => {
      const old = before === undefined ? [] : namesOf(readJson(before));
      const parent = after === undefined ? undefined : readJson<Parent>(after);
      const names = parent === undefined ? [] : namesOf(parent);
      if (parent !== undefined && isInProxyMode(parent)) redirected.add(key);
      else redirected.delete(key);
      for (const name of old) if (!names.includes(name)) keysByService.remove(name, key);
      for (const name of names) keysByService.add(name, key);
      onParent(key);
    },
  });

  const services = createKeptObjects<string>({
    keep: (object, before) => {
      const service = parse('services', ServiceShape, object);
      return service && packJson(keepService(service), before);
    },
    onChange: tellRelated,
  });

  const slices = createKeptObjects<string>({
    keep: (object, before) => {
      const slice = parse('slices', SliceShape, object);
      return slice && packJson(keepSlice(slice, { isWhole }), before);
    },
    onChange: (key, after, before) => {
      const namespace = namespaceOf(key);
      const old = before === undefined ? undefined : serviceOf(readJson(before));
      const now = after === undefined ? undefined : serviceOf(readJson(after));
      if (old !== undefined && old !== now) slicesByService.remove(keyFor(namespace, old), key);
      if (now !== undefined && old !== now) slicesByService.add(keyFor(namespace, now), key);
      for (const service of new Set([old, now])) {
        if (service === undefined) continue;
        tellRelated(`${namespace}/${service}`);
        onSlices(namespace, service);
      }
    },
  });

  const sinks = { elastiServices: parents, services, slices };
  const serviceAt = (key: string): Service | undefined => {
    const kept = services.get(key);
    return kept === undefined ? undefined : named<Service>(readJson(kept), key);
  };
  const parentAt = (key: string): Parent | undefined => {
    const kept = parents.get(key);
    return kept === undefined ? undefined : readJson(kept);
  };
  const slicesOf = (namespace: string, service: string): readonly EndpointSlice[] =>
    slicesByService.of(`${namespace}/${service}`).flatMap((key) => {
      const kept = slices.get(key);
      return kept === undefined ? [] : [named<EndpointSlice>(readJson(kept), key)];
    });

  const groupsOf = (names: readonly string[], sliceLists: readonly (readonly EndpointSlice[])[]) => {
    const groups: MirroredGroups = { [SERVICES]: {}, [SLICES]: {} };
    for (const name of names) {
      const service = serviceAt(name);
      if (service) groups[SERVICES][name] = service;
    }
    for (const slice of sliceLists.flat()) {
      groups[SLICES][`${slice.metadata.namespace}/${slice.metadata.name}`] = slice;
    }
    return groups;
  };

  return {
    sinks,
    sinkOf: (kind, namespace) => sinks[kind].inNamespace(namespace),
    parent: parentAt,
    parentKeys: parents.keys,
    isRedirected: (key) => redirected.has(key),
    parentsOf: (namespace, service) =>
      keysByService.of(`${namespace}/${service}`).flatMap((key) => {
        const parent = parentAt(key);
        return parent !== undefined && serviceNameOf(parent) === service ? [parent] : [];
      }),
    relatedOf: (parent) => {
      const { namespace } = parent.metadata;
      const ofBoth = serviceNamesOf(parent).map((service) => slicesOf(namespace, service));
      return groupsOf(namesOf(parent), [...ofBoth, slicesOf(resolver.namespace, resolver.serviceName)]);
    },
    childrenOf: (parent, related) => {
      const { namespace, uid } = parent.metadata;
      const [name, privateName] = serviceNamesOf(parent);
      const isChild = ({ metadata }: EndpointSlice | Service) =>
        metadata.namespace === namespace && metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
      const key = keyFor(namespace, privateName ?? '');
      const privateService = related[SERVICES][key];
      const isOfService = ({ metadata }: EndpointSlice) => metadata.labels?.[SERVICE_NAME_LABEL] === name;
      return {
        [SERVICES]: privateService && isChild(privateService) ? { [key]: privateService } : {},
        [SLICES]: Object.fromEntries(
          Object.entries(related[SLICES]).filter(([, slice]) => isOfService(slice) && isChild(slice)),
        ),
      };
    },
    slicesOf,
    sizes: () => ({ elastiServices: parents.size(), services: services.size(), slices: slices.size() }),
  };
}

const serviceNameOf = ({ spec }: Pick<Parent, 'spec'>): string | undefined =>
  NamesService.safeParse(spec).data?.service;

/** The Service that it names and the private twin of that; none where its spec cannot be read. */
function serviceNamesOf(parent: Pick<Parent, 'spec'>): readonly string[] {
  const service = serviceNameOf(parent);
  return service === undefined ? [] : [service, privateServiceName(service)];
}

const namesOf = (parent: Pick<Parent, 'metadata' | 'spec'>): readonly string[] =>
  serviceNamesOf(parent).map((service) => keyFor(parent.metadata.namespace, service));

const namespaceOf = (key: string): string => key.slice(0, key.indexOf('/'));

const isInProxyMode = ({ status }: Parent): boolean =>
  (status as { readonly mode?: unknown } | undefined)?.mode === 'proxy';

/** Puts back what the key says already. */
function named<T extends Service | EndpointSlice>(object: T, key: string): T {
  const metadata = { ...object.metadata, namespace: namespaceOf(key), name: key.slice(key.indexOf('/') + 1) };
  return { ...object, metadata };
}
