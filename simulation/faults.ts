/** Everything that can go wrong, each of it switched on by name. */
export const FAULTS = {
  apiErrors: 'calls end in 429, 500 or a time-out; some of those writes happened, a few happen late',
  apiDown: 'no call gets through, for seconds',
  apiSlow: 'calls take up to a second',
  lateZeros: 'the write of a zero is held up for up to 4 s, whether or not its writer still waits',
  watchLag: 'a watch lags up to 2 s, each object on its own',
  controllerRestarts: 'Metacontroller restarts, at any step of a sync',
  controllerDown: 'Metacontroller is away for up to a minute',
  lateRequests: 'hook requests arrive up to 4 s late',
  lostEvents: 'Metacontroller misses events of related objects',
  hookCrashes: 'a hook replica dies between any two of its steps, and comes back',
  hookSuspensions: 'a hook replica stands still for up to 12 s',
  podCrashes: 'pods crash while they serve',
  slowStarts: 'pods take up to 40 s to become ready',
  neverReady: 'a target does not become ready for minutes',
  proxyDelay: 'kube-proxy takes up to another second',
  resolverRolls: 'resolver pods are replaced',
  resolverKills: 'a resolver pod is killed with what it holds',
  resolverGone: 'no resolver is there, for up to two minutes',
  prometheusDown: 'Prometheus does not answer',
  prometheusLies: 'Prometheus answers NaN, nothing, or errors',
  people: 'people scale to 0 and to 3, and edit the cooldown',
  deletions: 'the ElastiService is deleted and made again',
  autoscaler: 'an HPA moves replicas, or KEDA does',
  clockSkew: 'wall clocks are up to 3 s apart',
  statusLoss: 'the status is lost, or is an old one',
  garbage: 'somebody writes nonsense into the wake annotation',
  oldResolver: "the resolver wakes once and then is silent for 10 s, as KubeElasti's does",
} as const;

export type FaultName = keyof typeof FAULTS;

export interface Faults {
  has(name: FaultName): boolean;
}

/** Reads `all`, `none`, or names with commas between them. */
export function parseFaults(text: string): readonly FaultName[] {
  if (text === 'all') return Object.keys(FAULTS) as FaultName[];
  if (text === 'none') return [];
  return text.split(',').map((name) => {
    if (!(name in FAULTS)) throw new Error(`no fault ${name}; there are ${Object.keys(FAULTS).join(', ')}`);
    return name as FaultName;
  });
}

/** Faults that are on until a time. */
export function createFaults(names: readonly FaultName[], isOver: () => boolean): Faults {
  const on = new Set(names);
  return { has: (name) => on.has(name) && !isOver() };
}
