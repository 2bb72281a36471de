import type { Parent } from '../src/api/hooks.ts';
import type { EndpointSlice } from '../src/api/kubernetes.ts';
import { readyEndpoints } from '../src/core/resources/resolver-slices.ts';
import { tokenOf } from './checks/context.ts';
import { redirectionOf } from './elasti-services.ts';
import { keyOf } from './objects.ts';
import { stretchAt } from './periods.ts';
import { inChargeOf } from './places.ts';
import { ownKeyOf, RESOLVER_NAMESPACE, type Site, type World } from './world.ts';

interface Status {
  readonly phase?: string;
  readonly servedWake?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
}

interface Unrest {
  readonly site: Site;
  readonly name: string;
  readonly why: string;
}

const STEP_MS = 5000;
const QUIET_MS = 30_000;
/** After the end of a period: what does not hold then is a violation of its own. */
const ENDED_MS = 15_000;

/** Reasons that last: people who never give up, and ports of the resolver that are all taken. */
const MEANT: ReadonlySet<string> = new Set(['ReplicasContested', 'ResolverPortsExhausted']);

function reasonOf(parent: Parent | undefined, condition: string): string | undefined {
  const { conditions } = (parent?.status ?? {}) as Status;
  return conditions?.find(({ type, status }) => type === condition && status === 'False')?.reason;
}

const notAllowedReason = (parent: Parent | undefined) => reasonOf(parent, 'SleepAllowed');

const addressesOf = (slice: EndpointSlice | undefined) =>
  slice &&
  readyEndpoints(slice)
    .map(({ address }) => address)
    .sort()
    .join();

/** Waits until every service has come to rest with nobody asking for it; what has not by then is a violation. */
export async function comeToRest(world: World, { forMs }: { readonly forMs: number }): Promise<void> {
  const { scheduler, sites, checks, ledger } = world;
  const rounds = sites.map(({ period }) => 2 * (period?.everyMinutes ?? 0) * 60_000);
  const untilMs = scheduler.nowMs() + forMs + Math.max(...rounds);
  // One with a period rests for a while, and then is up again: that is waited for too, and checked as it comes.
  const restedAtMs = new Map<Site, number>();
  const over = new Set<Site>();
  const lookAt = (site: Site): Unrest | [] => {
    const unrest = over.has(site) || restedAtMs.has(site) ? undefined : unrestOf(world, site);
    if (unrest !== undefined) return unrest;
    if (site.period === undefined || over.has(site)) return [];
    const nowMs = scheduler.nowMs();
    const restedMs = restedAtMs.get(site) ?? nowMs;
    restedAtMs.set(site, restedMs);
    const { isInside, sinceMs } = stretchAt(site.period, nowMs - ENDED_MS);
    if (isInside || sinceMs < restedMs) return { site, name: 'converge', why: 'its period has not ended' };
    over.add(site);
    return [];
  };
  const unrests = () => sites.flatMap(lookAt);
  const isAtRest = () => ledger.leftCount === 0 && unrests().length === 0;
  while (scheduler.nowMs() < untilMs && !isAtRest()) await scheduler.runUntil(scheduler.nowMs() + STEP_MS);
  const { leftCount } = ledger;
  if (leftCount > 0) checks.violate('I1 unanswered', undefined, `${leftCount} requests are held when all is quiet`);
  for (const { site, name, why } of unrests()) checks.violate(name, site, why);
}

/** Why a site is not at rest: asleep, or saying why not, with its slices as they should be and nothing being written. */
function unrestOf(world: World, site: Site): Unrest | undefined {
  const { targets, slices, checks, scheduler } = world;
  const parent = inChargeOf(world, site);
  const status = (parent?.status ?? {}) as Status;
  const replicas = targets.get(site.targetKey)?.replicas;
  const token = tokenOf(parent);
  if (token && token !== status.servedWake) return { site, name: 'I4 pending', why: 'a wake was never served' };
  const notAllowed = notAllowedReason(parent);
  if (notAllowed !== undefined) {
    const sharing = world.places.ofTarget(site.targetKey).map((each) => notAllowedReason(inChargeOf(world, each)));
    const isMeant = sharing.some((reason) => reason !== undefined && MEANT.has(reason));
    return isMeant ? undefined : { site, name: 'converge', why: `SleepAllowed: ${notAllowed}` };
  }
  // What a person scaled to 0 says too why nobody holds its requests.
  if (replicas === 0 && MEANT.has(reasonOf(parent, 'Ready') ?? '')) return undefined;
  const isHeld = site.families.every((family) => {
    const ofResolver = slices.get(keyOf(RESOLVER_NAMESPACE, ownKeyOf('resolver', family)));
    return addressesOf(redirectionOf(world, site, family)) === addressesOf(ofResolver);
  });
  if (status.phase !== 'Asleep' || replicas !== 0 || !isHeld) {
    const found = `phase ${status.phase}, ${replicas} replicas, ${isHeld ? 'held' : 'not held'}`;
    return { site, name: 'converge', why: `nobody asks for it, and it does not sleep: ${found}` };
  }
  if (scheduler.nowMs() - checks.lastWriteMs(site) >= QUIET_MS) return undefined;
  return { site, name: 'I9 idle writes', why: 'nothing happens any more, and yet something is written' };
}
