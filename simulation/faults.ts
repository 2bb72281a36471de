import type { Chance } from './chance.ts';

/** Everything that can go wrong, each of it switched on by name. */
export const FAULTS = {
  apiErrors: 'calls end in 429, 500 or a time-out; some of those writes happened, a few happen late',
  apiDown: 'no call gets through, for seconds',
  apiSlow: 'calls take up to a second',
  lateZeros: 'the write of a zero is held up for up to 4 s, whether or not its writer still waits',
  watchLag: 'a watch lags up to 2 s, each object on its own',
  controllerRestarts: 'Metacontroller restarts, at any step of a sync',
  controllerDown: 'Metacontroller is away for up to a minute',
  controllerLimited: 'Metacontroller is held to 10 API calls a second',
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
  serviceEdits: 'people rename and add ports of the Service, delete it and make it again',
  targetEdits: 'people delete the workload and make it again',
  deletions: 'the ElastiService is deleted and made again',
  autoscaler: 'an HPA moves replicas, or KEDA does',
  clockSkew: 'wall clocks are up to 3 s apart',
  statusLoss: 'the status is lost, or is an old one',
  garbage: 'somebody writes nonsense into the wake annotation',
  sharedTargets: 'some Services have one workload, each with an ElastiService of its own',
  rivals: 'a second ElastiService on a Service is made, and either of the two goes again',
  enabledPeriods: 'some sites may sleep only within periods of some minutes',
  routedByPort: 'in half of all seeds the resolver is routed by port, now and then with few ports to claim',
  claimsLost: 'somebody deletes a ConfigMap of claimed ports',
  slowListeners: 'a resolver takes up to 3 s until it listens on a port that is claimed',
  resolverMute: 'a resolver says nothing of its ports and connections for a while',
  dualStack: 'some Services have two IP families, and so has the resolver',
  familyGone: 'the resolver lacks one of two families for up to a minute',
  ownWatch: 'in half of all seeds the hook service watches the cluster itself, and Metacontroller relates nothing',
  silentWatches: 'a watch of a hook replica says nothing for up to 90 s, now and then for 150 s',
  oldResolver: "the resolver wakes once and then is silent for 10 s, as KubeElasti's does",
} as const;

export type FaultName = keyof typeof FAULTS;

export interface Faults {
  has(name: FaultName): boolean;
  /** How many times more seldom each comes than it would alone: between many of them services must still get to sleep. */
  readonly rarity: number;
}

export const ALL_FAULTS = Object.keys(FAULTS) as readonly FaultName[];

/** Reads `all`, `none`, `some` (each seed draws its own), or names with commas between them. */
export function parseFaults(text: string): { readonly faults: readonly FaultName[]; readonly isDrawn: boolean } {
  if (text === 'all' || text === 'some') return { faults: ALL_FAULTS, isDrawn: text === 'some' };
  if (text === 'none') return { faults: [], isDrawn: false };
  const faults = text.split(',').map((name) => {
    if (!(name in FAULTS)) throw new Error(`no fault ${name}; there are ${ALL_FAULTS.join(', ')}`);
    return name as FaultName;
  });
  return { faults, isDrawn: false };
}

/** Few faults of these or many: where some are missing, the others find ways that they would have barred. */
export function drawFaults(names: readonly FaultName[], chance: Chance): readonly FaultName[] {
  const probability = chance.pick([0.05, 0.15, 0.3, 0.6]);
  return names.filter(() => chance.is(probability));
}

/** With all of them on. */
const MAX_RARITY = 3;

/** Faults that are on until a time. */
export function createFaults(names: readonly FaultName[], isOver: () => boolean): Faults {
  const on = new Set(names);
  return { has: (name) => on.has(name) && !isOver(), rarity: 1 + (MAX_RARITY - 1) * (on.size / ALL_FAULTS.length) };
}
