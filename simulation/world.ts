import type { Parent } from '../src/api/hooks.ts';
import type { EndpointSlice, Service } from '../src/api/kubernetes.ts';
import type { PortRange, Settings } from '../src/core/types.ts';
import type { Api } from './api.ts';
import type { Chance } from './chance.ts';
import type { Checks } from './checks.ts';
import type { ConfigMapObject } from './claims.ts';
import type { Families, Family } from './families.ts';
import type { Faults } from './faults.ts';
import type { HookPeers } from './hook-peers.ts';
import type { Hooks } from './hooks.ts';
import type { Ledger } from './ledger.ts';
import type { Mutant } from './mutant.ts';
import type { Kind, Metadata } from './objects.ts';
import type { Period } from './periods.ts';
import type { Places } from './places.ts';
import type { Process } from './process.ts';
import type { Prometheus } from './prometheus.ts';
import type { Scheduler } from './scheduler.ts';

/** Something with an address. */
export interface Listener {
  readonly address: string;
  readonly what: 'pod' | 'resolver';
  /** False: the connection is refused. */
  accept(request: Request, port: number): boolean;
  /** What a resolver says at its internal port; undefined: nothing, in time. */
  answer?(path: '/ports' | '/connections'): unknown;
  /** Why it is gone, and since when. */
  readonly gone: { readonly why: string; readonly atMs: number } | undefined;
}

export interface Request {
  readonly id: number;
  readonly site: Site;
  readonly atMs: number;
  readonly durationMs: number;
  /** Whether a trigger sees it. */
  readonly isCounted: boolean;
  /** Served or lost. */
  isOver: boolean;
}

export interface TargetObject {
  readonly metadata: Metadata;
  readonly replicas: number;
  readonly statusReplicas: number;
  /** Who wrote `replicas` last, and when. */
  readonly by: string;
  readonly atMs: number;
}

export interface ScaledObjectObject {
  readonly metadata: Metadata;
  readonly minReplicaCount: number;
}

export interface Kinds {
  readonly elastiServices: Kind<Parent>;
  readonly services: Kind<Service>;
  readonly slices: Kind<EndpointSlice>;
  readonly targets: Kind<TargetObject>;
  readonly scaledObjects: Kind<ScaledObjectObject>;
  readonly configMaps: Kind<ConfigMapObject>;
}

/** One Service with its workload, as somebody set it up. Two may have one workload. */
export interface Site {
  readonly index: number;
  readonly namespace: string;
  /** Of the ElastiService and its Service alike. */
  readonly name: string;
  readonly key: string;
  /** Of the workload, and of its ScaledObject. */
  readonly targetName: string;
  readonly targetKey: string;
  readonly privateKey: string;
  /** Of a second ElastiService that names the same Service, where somebody makes one. */
  readonly rivalKey: string;
  readonly hasKeda: boolean;
  /** Pods close their listener at SIGTERM. */
  readonly isAbrupt: boolean;
  readonly startMs: number;
  readonly cooldownSeconds: number;
  /** For how long after a request its trigger is active, rounded to scrapes. */
  readonly rateMs: number;
  /** Whether the trigger counts what arrives, or only what pods serve. */
  readonly isCountedAtDoor: boolean;
  /** Of its Service, the first one first. */
  readonly families: readonly Family[];
  /** When it may sleep; undefined: at any time. */
  readonly period: Period | undefined;
}

/** All that one run is made of. */
export interface World extends Kinds {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly settings: Settings;
  /** Where ports of the resolver are claimed. */
  readonly portRange: PortRange;
  readonly sites: readonly Site[];
  readonly places: Places;
  readonly families: Families;
  readonly listeners: Map<string, Listener>;
  readonly mutant: Mutant;
  readonly api: Api;
  readonly checks: Checks;
  readonly ledger: Ledger;
  readonly prometheus: Prometheus;
  readonly hooks: Hooks;
  readonly hookPeers: HookPeers;
  /** Told when a replica sets out for a step to zero: the moment at which to interfere. */
  readonly atZeroStep: ((site: Site, by: Process) => void)[];
  /** Told when the write of a zero is sent, and in how many milliseconds it will take effect. */
  readonly atZeroWrite: ((site: Site, write: { readonly by: Process; readonly inMs: number }) => void)[];
  /** Told when the faults are over. */
  readonly atFaultsEnd: (() => void)[];
  /** Writes a line into the timeline. */
  tell(site: Site | undefined, who: string, what: () => string): void;
  /** How far the wall clock of a new process is off. */
  clockOffsetMs(): number;
}

/** The EndpointSlice that the cluster itself makes of a Service. */
export const ownKeyOf = (serviceKey: string, family: Family = 'IPv4'): string =>
  family === 'IPv4' ? `${serviceKey}-own` : `${serviceKey}-own-v6`;

/** Where pods listen. */
export const POD_PORT = 8080;

export const RESOLVER_NAMESPACE = 'elasti';
export const RESOLVER_SERVICE = 'elasti-resolver-service';
