import type { EndpointSlice } from '../../src/api/kubernetes.ts';
import { MANAGED_BY, MANAGED_BY_LABEL } from '../../src/core/resources/resolver-slices.ts';
import { type ClaimEntry, SHARDS } from '../../src/effects/claim-table.ts';
import { firstAddressOf } from '../families.ts';
import { inChargeOf } from '../places.ts';
import { passingOf, type ResolverPod } from '../resolver-pod.ts';
import type { Claim } from '../resolver-ports.ts';
import type { Request, Site } from '../world.ts';
import { type CheckContext, SECOND, seconds } from './context.ts';
import type { Step } from './site-truth.ts';

/** Routing by port: whose a port is, who listens on it, and that nobody's connections end at somebody else. */
export interface PortChecks {
  /** A connection comes in at a resolver on a claimed port. */
  arrived(request: Request, claim: Claim): void;
  /** A connection ends at a pod of a site's target. */
  reached(request: Request, target: Site): void;
  /** A zero of ours takes effect. */
  zeroWritten(targetKey: string, step: Step | undefined): void;
}

/** For so long a port that was freed stays nobody's. */
const QUARANTINE_MS = 3600 * SECOND;
/** What a resolver said may be so old, and a new one may not have been seen yet. */
const UNHEARD_MS = 2 * SECOND;
const NEW_MS = 6 * SECOND;
/** A freed port may be named for so long by a write that comes late. */
const LATE_MS = 5 * SECOND;

interface Owner {
  readonly uid: string;
  /** The ConfigMap that said so was deleted. */
  readonly isForgotten?: boolean;
  readonly freedAtMs: number | undefined;
}

/** Starts the checks of ports. */
export function checkPorts({ world, options, now, truthOf, claims, violate }: CheckContext): PortChecks {
  const { configMaps, slices, listeners, places, settings } = world;
  const owners = new Map<number, Owner>();
  /** Since when each of our slices has named its ports. */
  const named = new Map<string, ReadonlyMap<number, number>>();
  const before = new Map<string, Readonly<Record<string, string>>>();

  configMaps.onChange((key, configMap) => {
    const was = before.get(key) ?? {};
    if (configMap === undefined) forget(Object.keys(was).map(Number));
    const data = configMap?.data ?? {};
    before.set(key, data);
    for (const [port, text] of Object.entries(data)) {
      if (was[port] !== text) claimed(key, Number(port), JSON.parse(text) as ClaimEntry);
    }
  });
  slices.onChange((key, slice) => sliceChanged(key, slice));
  const uidOf = (slice: string) => slices.get(slice)?.metadata.ownerReferences?.[0]?.uid;

  function forget(ports: readonly number[]): void {
    claims.lostAtMs = now();
    for (const port of ports) {
      const owner = owners.get(port);
      if (owner) owners.set(port, { ...owner, isForgotten: true });
    }
  }

  function claimed(key: string, port: number, { uid, namespace, service, freedAt }: ClaimEntry): void {
    const owner = owners.get(port);
    const site = places.ofService(`${namespace}/${service}`);
    if (!key.endsWith(`-${port % SHARDS}`)) violate('ports shard', site, `port ${port} is claimed in ${key}`);
    // Only the slices tell of what nobody remembers.
    const isNamed = [...named].some(([slice, ports]) => ports.has(port) && uidOf(slice) !== uid);
    if (owner !== undefined && owner.uid !== uid && (!owner.isForgotten || isNamed)) {
      const ms = owner.freedAtMs === undefined ? undefined : now() - owner.freedAtMs;
      if (ms === undefined) violate('ports twice', site, `port ${port} was claimed for two`);
      else if (ms < QUARANTINE_MS)
        violate('ports reused', site, `port ${port} was claimed ${seconds(ms)} after it was freed`);
    }
    const isFreed = freedAt !== undefined;
    if (isFreed && owner?.uid === uid && owner.freedAtMs === undefined && !owner.isForgotten) {
      for (const [slice, ports] of named) {
        const sinceMs = ports.get(port);
        if (sinceMs !== undefined && now() - sinceMs > LATE_MS)
          violate('ports freed', site, `port ${port} was freed, and ${slice} names it`);
      }
    }
    owners.set(port, { uid, freedAtMs: isFreed ? (owner?.freedAtMs ?? now()) : undefined });
  }

  function sliceChanged(key: string, slice: EndpointSlice | undefined): void {
    if (settings.resolver.routing === 'host') return;
    if (slice === undefined) return void named.delete(key);
    if (slice.metadata.labels?.[MANAGED_BY_LABEL] !== MANAGED_BY) return;
    const site = places.ofSlice(key, slice);
    const known = named.get(key);
    const ports = (slice.ports ?? []).flatMap(({ port }) => port ?? []);
    named.set(key, new Map(ports.map((port) => [port, known?.get(port) ?? now()])));
    for (const address of (slice.endpoints ?? []).flatMap(({ addresses }) => addresses)) {
      const pod = listeners.get(firstAddressOf(address)) as ResolverPod | undefined;
      if (pod === undefined || pod.gone !== undefined) continue;
      const listening = new Set(pod.ports.listening());
      for (const port of ports) {
        // What was named before may have been freed since, and what is freed is listened on no more.
        if (listening.has(port) || known?.has(port) || owners.get(port)?.freedAtMs !== undefined) continue;
        violate('ports unheard', site, `port ${port} is named, and ${pod.process.name} does not listen on it`);
      }
    }
  }

  return {
    arrived: ({ site, id }, { namespace, service, resolverPort }) => {
      if (`${namespace}/${service}` === site.key) return;
      violate(
        'ports crossed',
        site,
        `request ${id} came in on port ${resolverPort}, which is ${namespace}/${service}'s`,
      );
    },
    reached: ({ site, id }, target) => {
      if (site.targetKey === target.targetKey) return;
      violate('ports crossed', site, `request ${id} ended at a pod of ${target.targetKey}`);
    },
    zeroWritten: (targetKey, step) => {
      if (settings.resolver.routing === 'host' || step === undefined) return;
      for (const site of places.ofTarget(targetKey)) {
        const isOther = step.site !== site;
        // Of another on the same target its status tells, and that may be old.
        if (isOther && (options.isDisturbed || now() - truthOf(site).chargedAtMs < NEW_MS)) continue;
        const openMs = longestOpenMs(site, step.observedAtMs - (isOther ? NEW_MS : UNHEARD_MS));
        if (openMs !== undefined) {
          violate(
            'I2 connections',
            site,
            `replicas went to 0 with a connection open at the resolver for ${seconds(openMs)}`,
          );
        }
      }
    },
  };

  /** Of the connections that were passed on before a time, how long the oldest has been open. */
  function longestOpenMs(site: Site, untilMs: number): number | undefined {
    const uid = inChargeOf(world, site)?.metadata.uid;
    let longest: number | undefined;
    for (const listener of listeners.values()) {
      if (listener.what !== 'resolver' || listener.gone !== undefined) continue;
      const pod = listener as ResolverPod;
      if (pod.state !== 'ready' || now() - pod.readyAtMs < NEW_MS) continue;
      for (const passing of passingOf(pod).values()) {
        if (passing.uid !== uid || passing.sinceMs > untilMs) continue;
        longest = Math.max(longest ?? 0, now() - passing.sinceMs);
      }
    }
    return longest;
  }
}
