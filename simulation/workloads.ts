import type { EndpointSlice, Service } from '../src/api/kubernetes.ts';
import { isSame } from '../src/core/resources/same.ts';
import { addressIn, type Family } from './families.ts';
import type { Process } from './process.ts';
import { type Listener, ownKeyOf, POD_PORT, type Request, type Site, type World } from './world.ts';

/** Deployments, ReplicaSets, kubelets and the EndpointSlice controller, taken together. */
export interface Workloads {
  crashOne(): void;
  /** Pods of a site that start from now on do not become ready for so long. */
  stall(site: Site, ms: number): void;
}

interface Pod extends Listener {
  readonly name: string;
  state: 'starting' | 'ready' | 'terminating' | 'dead';
  gone: { why: string; atMs: number } | undefined;
  readonly serving: Set<Request>;
}

interface Workload {
  /** That whose target it is. */
  readonly site: Site;
  /** All whose Services select its pods. */
  readonly sites: readonly Site[];
  readonly pods: Set<Pod>;
  stalledUntilMs: number;
  isPublishing: boolean;
}

const FAMILIES = ['IPv4', 'IPv6'] as const;
const PRE_STOP_MS = 5000;
/** How long a listener that is gone is remembered, so that a refusal can be explained. */
const REMEMBERED_MS = 60_000;

/** Starts the workload controllers of a world. */
export function createWorkloads(world: World, kcm: Process): Workloads {
  const { scheduler, chance, faults, targets, services, slices, listeners, ledger, checks } = world;
  const owners = world.sites.filter(({ key, targetKey }) => key === targetKey);
  const workloads: readonly Workload[] = owners.map((site) => ({
    site,
    sites: world.places.ofTarget(site.targetKey),
    pods: new Set<Pod>(),
    stalledUntilMs: 0,
    isPublishing: false,
  }));
  let pods = 0;

  const publishSoon = (workload: Workload) => {
    if (workload.isPublishing) return;
    workload.isPublishing = true;
    scheduler.after(chance.between(5, 60), () => {
      workload.isPublishing = false;
      publish(workload);
    });
  };

  const publish = ({ site, sites, pods }: Workload) => {
    const endpoints = [...pods].map(({ address, state }) => ({
      addresses: [address],
      conditions: { ready: state === 'ready', serving: state !== 'starting', terminating: state === 'terminating' },
    }));
    const wanted = sites.flatMap(({ key, privateKey, families }) => [
      ...families.map((family) => [key, family] as const),
      [privateKey, 'IPv4'] as const,
    ]);
    for (const [serviceKey, family] of wanted) {
      const found = services.get(serviceKey);
      if (found === undefined) continue;
      const key = ownKeyOf(serviceKey, family);
      const before = slices.get(key);
      const slice = makeOwnSlice(site, found, { family, endpoints });
      const isOfSame = isSame(before?.metadata.ownerReferences, slice.metadata.ownerReferences);
      if (isOfSame && isSame([before?.endpoints, before?.ports], [slice.endpoints, slice.ports])) continue;
      slices.put(key, slice);
    }
    const target = targets.get(site.targetKey);
    if (target && target.statusReplicas !== pods.size) {
      targets.put(site.targetKey, { ...target, statusReplicas: pods.size });
    }
    const readyPods = [...pods].filter(({ state }) => state === 'ready').length;
    for (const each of sites) checks.podsChanged(each, readyPods);
  };

  const startPod = (workload: Workload) => {
    pods += 1;
    const { site } = workload;
    const pod: Pod = {
      name: `pod-${pods}`,
      address: `10.1.${pods >> 8}.${pods & 255}`,
      what: 'pod',
      state: 'starting',
      gone: undefined,
      serving: new Set(),
      accept: (request) => {
        if (pod.gone !== undefined || pod.state === 'starting') return false;
        checks.reached(request, site);
        pod.serving.add(request);
        if (request.isCounted && !request.site.isCountedAtDoor) world.prometheus.requestSeen(request.site);
        scheduler.after(request.durationMs, () => {
          if (pod.serving.delete(request)) ledger.served(request);
        });
        return true;
      },
    };
    workload.pods.add(pod);
    listeners.set(pod.address, pod);
    const isSlow = faults.has('slowStarts') && chance.is(0.15 / faults.rarity);
    const startMs = isSlow ? chance.spell(10_000, 40_000) : site.startMs * chance.between(0.7, 1.3);
    becomeReady(workload, pod, startMs);
    publishSoon(workload);
  };

  const becomeReady = (workload: Workload, pod: Pod, afterMs: number) => {
    scheduler.after(afterMs, () => {
      if (pod.state !== 'starting') return;
      const stalledMs = workload.stalledUntilMs - scheduler.nowMs();
      if (stalledMs > 0) return becomeReady(workload, pod, stalledMs + chance.between(0, 1000));
      pod.state = 'ready';
      world.tell(workload.site, pod.name, () => 'is ready');
      publishSoon(workload);
    });
  };

  const end = (workload: Workload, pod: Pod, why: string) => {
    if (pod.gone !== undefined) return;
    pod.gone = { why, atMs: scheduler.nowMs() };
    for (const request of pod.serving) ledger.lost(request, why === 'crash' ? 'podCrashed' : 'cutByAbruptPod');
    pod.serving.clear();
    scheduler.after(REMEMBERED_MS, () => listeners.delete(pod.address));
    if (why === 'crash') {
      world.tell(workload.site, pod.name, () => 'crashes');
      for (const each of workload.sites) checks.podCrashed(each);
    }
  };

  const remove = (workload: Workload, pod: Pod) => {
    pod.state = 'dead';
    workload.pods.delete(pod);
    publishSoon(workload);
    reconcile(workload);
  };

  const terminate = (workload: Workload, pod: Pod) => {
    const { site } = workload;
    const wasServing = pod.state === 'ready';
    pod.state = 'terminating';
    world.tell(site, pod.name, () => 'terminates');
    publishSoon(workload);
    if (site.isAbrupt || !wasServing) {
      scheduler.after(chance.between(1, 30), () => end(workload, pod, 'abrupt'));
      scheduler.after(chance.between(100, 2000), () => remove(workload, pod));
      return;
    }
    // After the preStop it closes its listener, and answers what it has accepted.
    scheduler.after(PRE_STOP_MS, () => {
      pod.gone = { why: 'stopped', atMs: scheduler.nowMs() };
      scheduler.after(REMEMBERED_MS, () => listeners.delete(pod.address));
      remove(workload, pod);
    });
  };

  const reconcile = (workload: Workload) => {
    const wanted = targets.get(workload.site.targetKey)?.replicas ?? 0;
    // As a ReplicaSet does, it parts with those first that are not ready.
    const ready = [...workload.pods].filter(({ state }) => state === 'ready');
    const alive = [...ready, ...[...workload.pods].filter(({ state }) => state === 'starting')];
    for (let i = alive.length; i < wanted; i++) startPod(workload);
    for (const pod of alive.slice(wanted)) terminate(workload, pod);
  };

  const workloadOf = new Map(workloads.map((workload) => [workload.site.targetKey, workload]));
  targets.watch(kcm, (key, after, before) => {
    const workload = workloadOf.get(key);
    if (workload && after?.replicas !== before?.replicas) reconcile(workload);
  });
  // Slices of a Service that appears later, such as the private one.
  services.watch(kcm, (key, after, before) => {
    const workload = workloadOf.get(world.places.ofService(key)?.targetKey ?? '');
    const isOther = after?.metadata.uid !== before?.metadata.uid || !isSame(after?.spec.ports, before?.spec.ports);
    if (workload && isOther) publishSoon(workload);
    if (after === undefined && before) for (const family of FAMILIES) slices.remove(ownKeyOf(key, family));
  });
  for (const workload of workloads) reconcile(workload);

  return {
    crashOne: () => {
      const workload = chance.pick(workloads);
      const ready = [...workload.pods].filter(({ state }) => state === 'ready');
      if (ready.length === 0) return;
      const pod = chance.pick(ready);
      end(workload, pod, 'crash');
      // The kubelet needs a moment to see it.
      scheduler.after(chance.between(10, 300), () => remove(workload, pod));
    },
    stall: (site, ms) => {
      const workload = workloadOf.get(site.targetKey);
      if (workload) workload.stalledUntilMs = scheduler.nowMs() + ms;
    },
  };
}

function makeOwnSlice(
  { namespace }: Site,
  { metadata: { name, uid = '' }, spec }: Service,
  { family, endpoints }: { readonly family: Family; readonly endpoints: NonNullable<EndpointSlice['endpoints']> },
): EndpointSlice {
  return {
    metadata: {
      name: ownKeyOf(name, family),
      namespace,
      ownerReferences: [{ kind: 'Service', name, uid, controller: true }],
      labels: {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
    },
    addressType: family,
    endpoints: endpoints.map((endpoint) => ({
      ...endpoint,
      addresses: endpoint.addresses.map((address) => addressIn(family, address)),
    })),
    ports: (spec.ports ?? []).map(({ name: port }) => ({ name: port ?? '', port: POD_PORT, protocol: 'TCP' })),
  };
}
