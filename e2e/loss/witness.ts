import { EventEmitter } from 'node:events';
import { isOurSlice } from '../../src/core/observe.ts';
import type { KubeApi } from '../cluster/api.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { DEPLOYMENTS, ELASTI_SERVICES, type ElastiServiceObject, SLICES, type Slice } from '../stage/objects.ts';
import type { Site } from './site.ts';
import { createWithdrawals } from './withdrawals.ts';

/** What was seen of a pod, and when. */
export interface PodRecord {
  readonly name: string;
  readonly namespace: string;
  readonly addresses: readonly string[];
  readonly app: string | undefined;
  readyAtMs?: number;
  /** Whether it still is or not. */
  firstReadyAtMs?: number;
  /** When it was asked to end. */
  deletedAtMs?: number;
  goneAtMs?: number;
}

/** What stands of a site. */
export interface SiteView {
  readonly replicas: number;
  readonly phase: string | undefined;
  /** Ours, that redirect it. */
  readonly slices: number;
  readonly readyPods: number;
  /** Since when the latest of them has been ready; 0 without one. */
  readonly readySinceMs: number;
}

/** Watches the cluster, beside all that acts in it. */
export interface Witness {
  view(site: Site): SiteView;
  /** Resolves to whether it came true in time. */
  until(site: Site, isTrue: (view: SiteView) => boolean, timeoutMs: number): Promise<boolean>;
  /** All pods that ever had an address, latest last. */
  podsAt(address: string): readonly PodRecord[];
  pods(app: string, namespace: string): readonly PodRecord[];
  /** Those that are gone, too. */
  allPods(site: Site): readonly PodRecord[];
  /** Since when replicas had been above 0 at a time; undefined: they were not. */
  raisedSince(site: Site, atMs: number): number | undefined;
  /** As of Withdrawals. */
  withdrawnSince(address: string): number | undefined;
  stop(): void;
}

type PodObject = KubeObject & {
  readonly status?: {
    readonly podIPs?: readonly { readonly ip: string }[];
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
};
type Scaled = KubeObject & { readonly spec: { readonly replicas: number } };

/** Begins to watch; resolves when all that stands has been seen. */
export async function createWitness(api: KubeApi): Promise<Witness> {
  const changes = new EventEmitter().setMaxListeners(0);
  const pods = new Map<string, PodRecord>();
  const replicas = new Map<string, number>();
  const raises = new Map<string, { readonly atMs: number; readonly isUp: boolean }[]>();
  const phases = new Map<string, string | undefined>();
  const slices = new Map<string, Set<string>>();
  const withdrawals = createWithdrawals(() => performance.now());

  const keyOf = (namespace = '', name = '') => `${namespace}/${name}`;
  const follow = <T extends KubeObject>(kind: string, take: (object: T, isGone: boolean) => void) =>
    api.watch<T>(urlOf(kind), ({ type, object }) => {
      take(object, type === 'DELETED');
      changes.emit('change');
    });
  const watching = [
    follow<PodObject>('v1/pods', (pod, isGone) => {
      const record = takePod(pods, pod);
      if (isGone) record.goneAtMs ??= performance.now();
    }),
    follow<Scaled>(DEPLOYMENTS, ({ metadata, spec }) => {
      const key = keyOf(metadata.namespace, metadata.name);
      replicas.set(key, spec.replicas);
      const isUp = spec.replicas > 0;
      const all = raises.get(key) ?? [];
      raises.set(key, all);
      if (all.at(-1)?.isUp !== isUp) all.push({ atMs: performance.now(), isUp });
    }),
    follow<Slice>(SLICES, (slice, isGone) => {
      withdrawals.take(slice, isGone);
      if (!isOurSlice(slice)) return;
      const { metadata } = slice;
      const key = keyOf(metadata.namespace, metadata.labels?.['kubernetes.io/service-name']);
      const names = slices.get(key) ?? new Set();
      slices.set(key, names);
      if (isGone) names.delete(metadata.name);
      else names.add(metadata.name);
    }),
  ];
  // Its kind may not be there yet, and then there are none.
  const parents = follow<ElastiServiceObject>(ELASTI_SERVICES, ({ metadata, status }, isGone) =>
    phases.set(keyOf(metadata.namespace, metadata.name), isGone ? undefined : status?.phase),
  );
  await Promise.all(watching.map(({ synced }) => synced));

  const witness: Witness = {
    view({ namespace, name }) {
      const key = keyOf(namespace, name);
      const ready = witness.pods(name, namespace).filter((pod) => pod.readyAtMs !== undefined && !pod.deletedAtMs);
      return {
        replicas: replicas.get(key) ?? 0,
        phase: phases.get(key),
        slices: slices.get(key)?.size ?? 0,
        readyPods: ready.length,
        readySinceMs: Math.max(0, ...ready.map(({ readyAtMs = 0 }) => readyAtMs)),
      };
    },
    async until(site, isTrue, timeoutMs) {
      if (isTrue(witness.view(site))) return true;
      return new Promise((resolve) => {
        const settle = (value: boolean) => {
          clearTimeout(timer);
          changes.off('change', look);
          resolve(value);
        };
        const look = () => isTrue(witness.view(site)) && settle(true);
        const timer = setTimeout(() => settle(false), timeoutMs);
        changes.on('change', look);
      });
    },
    podsAt: (address) => [...pods.values()].filter(({ addresses }) => addresses.includes(address)),
    pods: (app, namespace) =>
      [...pods.values()].filter((pod) => pod.app === app && pod.namespace === namespace && !pod.goneAtMs),
    allPods: ({ name, namespace }) =>
      [...pods.values()].filter((pod) => pod.app === name && pod.namespace === namespace),
    raisedSince({ name, namespace }, atMs) {
      const last = raises.get(keyOf(namespace, name))?.findLast((each) => each.atMs <= atMs);
      return last?.isUp ? last.atMs : undefined;
    },
    withdrawnSince: withdrawals.withdrawnSince,
    stop: () => {
      for (const each of [...watching, parents]) each.stop();
    },
  };
  return witness;
}

function takePod(pods: Map<string, PodRecord>, { metadata, status }: PodObject): PodRecord {
  const { uid = '', name, namespace = '', labels = {}, deletionTimestamp } = metadata;
  const before = pods.get(uid);
  const isReady = status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  const readyAtMs = isReady ? (before?.readyAtMs ?? performance.now()) : undefined;
  const firstReadyAtMs = before?.firstReadyAtMs ?? readyAtMs;
  const deletedAtMs = before?.deletedAtMs ?? (deletionTimestamp ? performance.now() : undefined);
  const addresses = status?.podIPs?.map(({ ip }) => ip) ?? before?.addresses ?? [];
  const app = labels.app ?? labels['app.kubernetes.io/name'];
  const record: PodRecord = {
    ...{ name, namespace, addresses, app },
    ...(readyAtMs === undefined ? {} : { readyAtMs }),
    ...(firstReadyAtMs === undefined ? {} : { firstReadyAtMs }),
    ...(deletedAtMs === undefined ? {} : { deletedAtMs }),
  };
  pods.set(uid, record);
  return record;
}
