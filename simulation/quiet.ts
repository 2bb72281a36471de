import type { EndpointSlice } from '../src/api/kubernetes.ts';
import { readyEndpoints } from '../src/core/resources/resolver-slices.ts';
import { sliceKeyOf } from './elasti-services.ts';
import { keyOf } from './objects.ts';
import { RESOLVER_NAMESPACE, type World } from './world.ts';

interface Status {
  readonly phase?: string;
  readonly conditions?: readonly { readonly type: string; readonly status: string; readonly reason: string }[];
}

const QUIET_MS = 30_000;
const RESOLVER_SLICE = keyOf(RESOLVER_NAMESPACE, 'resolver-own');

const addressesOf = (slice: EndpointSlice | undefined) =>
  slice &&
  readyEndpoints(slice)
    .map(({ address }) => address)
    .sort()
    .join();

/** Long after the last fault and the last request: each service sleeps, or says why not, and all fits together. */
export function checkAsleep({ sites, elastiServices, targets, slices, checks, scheduler }: World): void {
  for (const site of sites) {
    const status = (elastiServices.get(site.key)?.status ?? {}) as Status;
    const replicas = targets.get(site.key)?.replicas;
    const ours = slices.get(sliceKeyOf(site));
    const allowed = status.conditions?.find(({ type }) => type === 'SleepAllowed');
    if (allowed?.status === 'False') {
      if (allowed.reason !== 'ReplicasContested') checks.violate('converge', site, `SleepAllowed: ${allowed.reason}`);
      continue;
    }
    if (scheduler.nowMs() - checks.lastWriteMs(site) < QUIET_MS) {
      checks.violate('I9 idle writes', site, 'nothing happens any more, and yet something is written');
    }
    const isHeld = addressesOf(ours) === addressesOf(slices.get(RESOLVER_SLICE));
    if (status.phase !== 'Asleep' || replicas !== 0 || !isHeld) {
      const found = `phase ${status.phase}, ${replicas} replicas, ${isHeld ? 'held' : 'not held'}`;
      checks.violate('converge', site, `nobody asks for it, and it does not sleep: ${found}`);
    }
  }
}
