import { isDeepStrictEqual } from 'node:util';
import type { Claim, Route, Routes } from '../ports.ts';
import type { Broadcast } from './broadcast.ts';
import { type ClaimShard, type ReadClaim, readClaims } from './claims.ts';
import {
  DEFAULT_SETTINGS,
  type ElastiServiceSettings,
  type KeptElastiService,
  readSettings,
  settingsOfPort,
} from './elastiservice-settings.ts';

export interface RoutesDeps {
  readonly broadcast: Broadcast;
  readonly onMalformed: (what: string, reason: string) => void;
  /** Whether the ElastiServices and slices of a namespace are followed: no port is opened for what nobody would tell us of. */
  readonly isWatched: (namespace: string) => boolean;
}

export interface LiveRoutes extends Routes {
  /**
   * A ConfigMap of claims changed. One that went (undefined) was deleted by somebody else, as claims are freed one by one:
   * what it said holds until it is back.
   */
  takeShard(key: string, shard: ClaimShard | undefined): void;
  /** An ElastiService changed from `before`. */
  takeElastiService(key: string, value: KeptElastiService | undefined, before: KeptElastiService | undefined): void;
}

const TOPIC = 'routes';

/** Joins claims with what their ElastiServices ask for. A route that did not change stays the same object. */
export function createRoutes({ broadcast, onMalformed, isWatched }: RoutesDeps): LiveRoutes {
  const shards = new Map<string, ReadonlyMap<string, ReadClaim>>();
  const settings = new Map<string, ElastiServiceSettings>();
  const routes = new Map<number, Route>();
  const portsOf = new Map<string, Set<number>>();
  let listed: readonly Route[] | undefined = [];

  const changed = () => {
    listed = undefined;
    broadcast.mark(TOPIC);
  };

  const close = (claim: Claim) => {
    routes.delete(claim.resolverPort);
    const ports = portsOf.get(claim.uid);
    ports?.delete(claim.resolverPort);
    if (ports?.size === 0) portsOf.delete(claim.uid);
    changed();
  };

  const open = (claim: Claim) => {
    if (!isWatched(claim.namespace)) return;
    const route = { ...claim, settings: settingsOfPort(settings.get(claim.uid) ?? DEFAULT_SETTINGS, claim.port) };
    routes.set(claim.resolverPort, route);
    portsOf.set(claim.uid, (portsOf.get(claim.uid) ?? new Set()).add(claim.resolverPort));
    changed();
  };

  const setSettings = (uid: string, next: ElastiServiceSettings) => {
    if (isDeepStrictEqual(settings.get(uid) ?? DEFAULT_SETTINGS, next)) return;
    if (next === DEFAULT_SETTINGS) settings.delete(uid);
    else settings.set(uid, next);
    for (const port of portsOf.get(uid) ?? []) {
      const { settings: _former, ...claim } = routes.get(port) as Route;
      open(claim);
    }
  };

  return {
    current: () => {
      listed ??= [...routes.values()];
      return listed;
    },
    subscribe: (onChange) => broadcast.subscribe(TOPIC, onChange),

    takeShard: (key, shard) => {
      if (shard === undefined) return;
      const before = shards.get(key) ?? new Map<string, ReadClaim>();
      const after = readClaims({ key, shard, before, onMalformed });
      shards.set(key, after);
      for (const [port, { claim }] of before) if (claim && after.get(port)?.claim !== claim) close(claim);
      for (const [port, { claim }] of after) if (claim && before.get(port)?.claim !== claim) open(claim);
    },

    takeElastiService: (key, value, before) => {
      const uid = value?.metadata.uid;
      // One that was made anew under its old name is another one.
      if (before && before.metadata.uid !== uid) setSettings(before.metadata.uid, DEFAULT_SETTINGS);
      if (value === undefined || uid === undefined) return;
      if (before?.metadata.uid === uid && isDeepStrictEqual(before.spec, value.spec)) return;
      const tell = (field: string) => onMalformed(`ElastiService ${key}`, `spec.${field} is not valid`);
      setSettings(uid, readSettings(value, tell));
    },
  };
}
