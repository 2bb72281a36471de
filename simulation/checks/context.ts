import { WAKE_ANNOTATION } from '../../src/api/elastiservice.ts';
import type { Parent } from '../../src/api/hooks.ts';
import { inChargeOf } from '../places.ts';
import type { Site, World } from '../world.ts';
import { createSiteTruth, type SiteTruth } from './site-truth.ts';

export interface Violation {
  /** Begins with the invariant, such as `I2 drain`. */
  readonly name: string;
  readonly site: Site | undefined;
  readonly atMs: number;
  readonly detail: string;
}

export interface CheckOptions {
  readonly isWithFaults: boolean;
  /** The machinery itself fails: then things may take their time. */
  readonly isDisturbed: boolean;
  readonly maxSkewMs: number;
}

/** What all checks share: the world, what is really so, and where violations go. */
export interface CheckContext {
  readonly world: World;
  readonly options: CheckOptions;
  readonly violations: readonly Violation[];
  /** How long the protocol may take for what it must do in the end. */
  readonly patienceMs: number;
  /** Since when no resolver has been ready, and when one last came back. */
  readonly resolvers: { goneSinceMs: number | undefined; backAtMs: number };
  /** When somebody last deleted a ConfigMap of claims. */
  readonly claims: { lostAtMs: number };
  now(): number;
  truthOf(site: Site): SiteTruth;
  /** Something happened to a site that may well lead to writes. */
  caused(site: Site): void;
  violate(name: string, site: Site | undefined, detail: string): void;
  /** Whether no resolver is there, or none was there a moment ago. */
  isResolverAway(): boolean;
  /** Tells of each change of an ElastiService of a site, and who is in charge after it. */
  onParentChange(run: (site: Site, inCharge: Parent | undefined) => void): void;
}

export const SECOND = 1000;
/** kube-proxy's sync, its delay, and a watch that lags: until then a redirection does not yet hold everywhere. */
export const PROGRAMMED_MS = 5 * SECOND;
/** For so long an answer may rest on what is no longer so. */
export const UNSEEN_MS = 3 * SECOND;

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

export const tokenOf = (parent: Parent | undefined): string | undefined =>
  parent?.metadata.annotations?.[WAKE_ANNOTATION];

export const statusOf = (
  parent: Parent | undefined,
): { readonly phase?: string; readonly servedWake?: string; readonly readySince?: string; readonly sleptBy?: string } =>
  parent?.status ?? {};

/** The ground that the checks of a world stand on. */
export function createCheckContext(world: World, options: CheckOptions): CheckContext {
  const { scheduler } = world;
  const truths = new Map(world.sites.map((site) => [site, createSiteTruth()]));
  const violations: Violation[] = [];
  const resolvers: CheckContext['resolvers'] = { goneSinceMs: undefined, backAtMs: Number.NEGATIVE_INFINITY };
  const truthOf = (site: Site) => truths.get(site) as SiteTruth;
  return {
    world,
    options,
    violations,
    patienceMs: (options.isDisturbed ? 200 : 3) * SECOND,
    claims: { lostAtMs: Number.NEGATIVE_INFINITY },
    resolvers,
    now: scheduler.nowMs,
    truthOf,
    caused: (site) => {
      truthOf(site).causes += 1;
    },
    violate: (name, site, detail) => {
      world.tell(site, 'check', () => `VIOLATION ${name}: ${detail}`);
      violations.push({ name, site, atMs: scheduler.nowMs(), detail });
    },
    isResolverAway: () => resolvers.goneSinceMs !== undefined || scheduler.nowMs() - resolvers.backAtMs < 10 * SECOND,
    onParentChange: (run) =>
      world.elastiServices.onChange((key) => {
        const site = world.places.ofElastiService(key);
        if (site) run(site, inChargeOf(world, site));
      }),
  };
}
