import type { EndpointSlice } from '../../api/kubernetes.ts';
import { MANAGED_BY, MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from '../../core/resources/resolver-slices.ts';
import { type ClaimEntry, type ClaimRequest, readEntries } from '../claim-table.ts';
import type { ClaimsCluster, ConfigMap, ConfigMapChange } from '../ports.ts';
import { type Call, type Hook, keyOf, refusal } from './model-cluster.ts';
import { createObjects, type Objects } from './objects.ts';

/** The API server as far as claims need it, in memory: ConfigMaps under their versions, slices, uids. */
export interface ModelClaims extends ClaimsCluster {
  readonly configMaps: Objects<ConfigMapChange>;
  readonly slices: EndpointSlice[];
  readonly uids: Set<string>;
  readonly calls: readonly Call[];
  /** Before a call takes effect. Answers with the function that takes the hook away. */
  before(hook: Hook): () => void;
  /** After a call took effect and before its answer. */
  after(hook: Hook): () => void;
  /** Every claim that stands, by resolver port. */
  claims(): ReadonlyMap<number, ClaimEntry | undefined>;
}

export function createModelClaims(): ModelClaims {
  let version = 0;
  const configMaps = createObjects<ConfigMapChange>(() => {
    version += 1;
    return String(version);
  });
  const slices: EndpointSlice[] = [];
  const uids = new Set<string>();
  const calls: Call[] = [];
  const before = new Set<Hook>();
  const after = new Set<Hook>();

  const perform = async <T>(name: keyof ClaimsCluster, subject: string, act: () => T): Promise<T> => {
    const call = { index: calls.length, name, subject, isWrite: /^(patch|create)/.test(name) };
    calls.push(call);
    for (const hook of [...before]) await hook(call);
    const result = structuredClone(act());
    for (const hook of [...after]) await hook(call);
    return result;
  };
  const versionOf = (key: string): string => configMaps.versionOf(key) ?? '';
  const read = (key: string): ConfigMap | undefined => {
    const found = configMaps.get(key);
    return found && { resourceVersion: versionOf(key), data: found.data };
  };
  const add = (hooks: Set<Hook>, hook: Hook) => {
    hooks.add(hook);
    return () => void hooks.delete(hook);
  };

  return {
    configMaps,
    slices,
    uids,
    calls,
    before: (hook) => add(before, hook),
    after: (hook) => add(after, hook),
    claims: () => new Map(configMaps.values().flatMap(({ data }) => [...readEntries(data)])),

    readConfigMap: (ref) => perform('readConfigMap', keyOf(ref), () => read(keyOf(ref))),

    createConfigMap: (ref, change) =>
      perform('createConfigMap', keyOf(ref), () => {
        if (configMaps.get(keyOf(ref))) throw refusal('CONFLICT', 'createConfigMap', keyOf(ref));
        configMaps.set(keyOf(ref), change);
        return versionOf(keyOf(ref));
      }),

    patchConfigMap: (ref, { labels, data, resourceVersion }) =>
      perform('patchConfigMap', keyOf(ref), () => {
        const found = configMaps.get(keyOf(ref));
        if (!found) throw refusal('NOT_FOUND', 'patchConfigMap', keyOf(ref));
        if (configMaps.versionOf(keyOf(ref)) !== resourceVersion) {
          throw refusal('CONFLICT', 'patchConfigMap', keyOf(ref));
        }
        configMaps.set(keyOf(ref), { labels: { ...found.labels, ...labels }, data: { ...found.data, ...data } });
        return versionOf(keyOf(ref));
      }),

    listSlices: (namespace, serviceName) =>
      perform('listSlices', `${namespace}/${serviceName}`, () =>
        slices.filter(
          ({ metadata }) => metadata.namespace === namespace && metadata.labels?.[SERVICE_NAME_LABEL] === serviceName,
        ),
      ),

    listOwnSlices: () =>
      perform('listOwnSlices', '*', () =>
        slices.filter(({ metadata }) => metadata.labels?.[MANAGED_BY_LABEL] === MANAGED_BY),
      ),

    listElastiServiceUids: () => perform('listElastiServiceUids', '*', () => new Set(uids)),
  };
}

/** What the ElastiService of this uid claims: port 80 of a Service of its own. */
export function makeClaimRequest(uid: string, over: Partial<ClaimRequest> = {}): ClaimRequest {
  return {
    uid,
    namespace: 'shop',
    elastiService: `es-${uid}`,
    service: `svc-${uid}`,
    privateService: `elasti-svc-${uid}-pvt`,
    privateServiceUid: `pvt-${uid}`,
    ports: [{ port: 80, portName: 'http' }],
    before: [],
    named: [],
    ...over,
  };
}
