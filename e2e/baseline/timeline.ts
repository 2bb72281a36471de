import { EventEmitter } from 'node:events';
import type { KubeApi } from '../cluster/api.ts';
import { type KubeObject, urlOf } from '../cluster/kube-object.ts';
import { DEPLOYMENTS, SLICES, type Slice } from '../stage/objects.ts';

/** How a Service stood from a moment on. */
export interface Moment {
  readonly atMs: number;
  readonly replicas: number;
  readonly pods: number;
  readonly readyPods: number;
  /** Its own EndpointSlices name a ready address. */
  readonly isOwnReady: boolean;
  /** Another slice sends its connections to a resolver, whoever made it. */
  readonly isRedirected: boolean;
}

/** All that was seen of the Services of one namespace. */
export interface Timeline {
  view(name: string): Moment;
  /** When it first was so, not before `sinceMs`; undefined where that took too long. */
  when(
    name: string,
    sinceMs: number,
    isTrue: (moment: Moment) => boolean,
    limitMs?: number,
  ): Promise<number | undefined>;
  history(name: string): readonly Moment[];
  stop(): void;
}

type PodObject = KubeObject & {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
};
type Scaled = KubeObject & { readonly spec: { readonly replicas: number } };

const LIMIT_MS = 60_000;
const OWN = 'endpointslice-controller.k8s.io';
const NOTHING: Moment = { atMs: 0, replicas: 0, pods: 0, readyPods: 0, isOwnReady: false, isRedirected: false };

/** Begins to watch; resolves when all that stands has been seen. */
export async function createTimeline(api: KubeApi, namespace: string): Promise<Timeline> {
  const changes = new EventEmitter().setMaxListeners(0);
  const histories = new Map<string, Moment[]>();
  const pods = new Map<string, { readonly app: string; readonly isReady: boolean }>();
  const slices = new Map<string, { readonly service: string; readonly isOwn: boolean; readonly isReady: boolean }>();
  const replicas = new Map<string, number>();

  const view = (name: string) => histories.get(name)?.at(-1) ?? NOTHING;
  const note = (name: string | undefined) => {
    if (name === undefined) return;
    const own = [...pods.values()].filter(({ app }) => app === name);
    const redirecting = [...slices.values()].filter(({ service }) => service === name);
    const history = histories.get(name) ?? [];
    histories.set(name, history);
    history.push({
      atMs: performance.now(),
      replicas: replicas.get(name) ?? 0,
      pods: own.length,
      readyPods: own.filter(({ isReady }) => isReady).length,
      isOwnReady: redirecting.some(({ isOwn, isReady }) => isOwn && isReady),
      isRedirected: redirecting.some(({ isOwn }) => !isOwn),
    });
    changes.emit('change');
  };
  const watching = [
    api.watch<PodObject>(urlOf('v1/pods', namespace), ({ type, object: { metadata, status } }) => {
      const app = metadata.labels?.app ?? '';
      const isReady = status?.conditions?.some((each) => each.type === 'Ready' && each.status === 'True') ?? false;
      if (type === 'DELETED') pods.delete(metadata.name);
      else pods.set(metadata.name, { app, isReady: isReady && !metadata.deletionTimestamp });
      note(app);
    }),
    api.watch<Scaled>(urlOf(DEPLOYMENTS, namespace), ({ object: { metadata, spec } }) => {
      replicas.set(metadata.name, spec.replicas);
      note(metadata.name);
    }),
    api.watch<Slice>(urlOf(SLICES, namespace), ({ type, object: { metadata, endpoints } }) => {
      const { 'kubernetes.io/service-name': service = '', 'endpointslice.kubernetes.io/managed-by': manager } =
        metadata.labels ?? {};
      const isReady = (endpoints ?? []).some(({ conditions }) => conditions.ready !== false);
      if (type === 'DELETED') slices.delete(metadata.name);
      else slices.set(metadata.name, { service, isOwn: manager === OWN, isReady });
      note(service);
    }),
  ];
  await Promise.all(watching.map(({ synced }) => synced));

  return {
    view,
    history: (name) => histories.get(name) ?? [],
    async when(name, sinceMs, isTrue, limitMs = LIMIT_MS) {
      const past = (histories.get(name) ?? []).filter((_, index, all) => {
        const next = all[index + 1];
        // What stood at that moment had begun before it.
        return next === undefined || next.atMs > sinceMs;
      });
      const found = past.find(isTrue);
      if (found) return Math.max(found.atMs, sinceMs);
      return new Promise((resolve) => {
        const settle = (atMs?: number) => {
          clearTimeout(timer);
          changes.off('change', look);
          resolve(atMs);
        };
        const look = () => isTrue(view(name)) && settle(view(name).atMs);
        const timer = setTimeout(settle, limitMs);
        changes.on('change', look);
      });
    },
    stop: () => {
      for (const each of watching) each.stop();
    },
  };
}
