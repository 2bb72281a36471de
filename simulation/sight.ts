import { NUDGE_ANNOTATION } from '../src/api/elastiservice.ts';
import type { SightedDeps } from '../src/effects/create-effects.ts';
import type { ClaimsSight } from '../src/effects/ports.ts';
import type { Nudges } from '../src/effects/sight/nudges.ts';
import { createIsMine } from '../src/effects/sight/shares.ts';
import { createMirror, type MirroredKind } from '../src/mirror/mirror.ts';
import { refusal } from './api.ts';
import { type Kind, type KubeObject, keyOf } from './objects.ts';
import type { Process } from './process.ts';
import { RESOLVER_NAMESPACE, RESOLVER_SERVICE, type World } from './world.ts';

/** As long as a real watch may keep silent until it counts for nothing. */
const SILENCE_MS = 90_000;
const BETWEEN_SILENCES_MS = 15 * 60_000;
const MAX_SILENCE_MS = 4 * 60_000;

export interface ReplicaSight extends SightedDeps {
  readonly claims: ClaimsSight;
  /** From now on these are told of what changes. */
  tell(nudges: Nudges): void;
}

/**
 * What a replica sees by watches of its own. Each lags like any other, and where watches lag it goes silent now and then, for up to
 * some minutes: what changes then comes all at once, when it is read anew.
 */
export function createReplicaSight(world: World, process: Process): ReplicaSight {
  let told: Nudges | undefined;
  const mirror = createMirror({
    settings: world.settings,
    onParent: (key) => told?.parent(key),
    onRelated: (key) => told?.related(key),
    onSlices: (namespace, service) => {
      if (namespace === RESOLVER_NAMESPACE && service === RESOLVER_SERVICE) told?.resolversChanged();
    },
  });
  const { elastiServices, services, slices, configMaps } = world;
  const versions = new Map<string, string>();
  const watches = {
    elastiServices: follow(world, process, elastiServices, mirror.sinks.elastiServices),
    services: follow(world, process, services, mirror.sinks.services),
    slices: follow(world, process, slices, mirror.sinks.slices),
  };
  const claims = follow(world, process, configMaps, {
    put: ({ metadata }) => void versions.set(metadata.name, metadata.resourceVersion ?? ''),
    remove: ({ metadata }) => void versions.delete(metadata.name),
  });
  const newest = (kind: MirroredKind) => watches[kind].newest();
  return {
    sight: { mirror, isCurrent: (kind) => watches[kind].isCurrent(), version: newest, newest },
    claims: { versionOf: (name) => (claims.isCurrent() ? (versions.get(name) ?? 'absent') : undefined) },
    isMine: createIsMine({ self: process.name, peers: () => world.hooks.alive() }),
    cluster: {
      readService: ({ namespace, name }, options) =>
        world.api.call(process, { what: 'read Service', ...options }, () => services.get(keyOf(namespace, name))),
      writeNudge: (ref, value, options) => writeNudge(world, process, { ...ref, value, ...options }),
    },
    onBug: world.checks.bug,
    tell: (nudges) => {
      told = nudges;
      nudges.start();
    },
  };
}

interface Sink {
  put(object: KubeObject): void;
  remove(object: KubeObject): void;
}

function follow<T extends KubeObject>(world: World, process: Process, kind: Kind<T>, sink: Sink) {
  const { scheduler, chance, faults } = world;
  let silentSinceMs: number | undefined;
  let held: (() => void)[] = [];
  let newest = 0;

  const take = (key: string, object: T | undefined) => {
    newest = Math.max(newest, Number(object?.metadata.resourceVersion ?? 0));
    const [namespace = '', name = ''] = key.split('/');
    if (object !== undefined) sink.put(object);
    else sink.remove({ metadata: { namespace, name } });
  };
  for (const [key, object] of kind.all()) take(key, object);

  let lastAtMs = 0;
  const stop = kind.onChange((key, object) => {
    const isLate = faults.has('watchLag') && chance.is(0.03);
    // Unlike the caches of others, one watch tells all in order.
    lastAtMs = Math.max(lastAtMs, scheduler.nowMs() + (isLate ? chance.between(50, 2000) : chance.between(0.5, 5)));
    scheduler.after(lastAtMs - scheduler.nowMs(), () =>
      process.deliver(() => {
        if (silentSinceMs === undefined) take(key, object);
        else held.push(() => take(key, object));
      }),
    );
  });
  process.onCrash(stop);

  const hearAgain = () => {
    silentSinceMs = undefined;
    const all = held;
    held = [];
    for (const run of all) run();
  };
  const goSilentLater = () =>
    process.clock.after(chance.exponential(BETWEEN_SILENCES_MS), () => {
      if (!faults.has('watchLag')) return;
      silentSinceMs = scheduler.nowMs();
      world.tell(undefined, process.name, () => 'does not hear of one of its watches');
      process.clock.after(chance.between(1000, MAX_SILENCE_MS), () => {
        hearAgain();
        goSilentLater();
      });
    });
  if (faults.has('watchLag')) goSilentLater();

  return {
    isCurrent: () => silentSinceMs === undefined || scheduler.nowMs() - silentSinceMs <= SILENCE_MS,
    newest: () => newest,
  };
}

interface Nudge {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly value: string;
  readonly timeoutMs?: number;
}

function writeNudge({ api, elastiServices, places, tell }: World, from: Process, nudge: Nudge) {
  const { namespace, name, uid, value, ...options } = nudge;
  const key = keyOf(namespace, name);
  return api.call(from, { what: 'write nudge', isWrite: true, ...options }, () => {
    const found = elastiServices.get(key);
    if (!found) throw refusal('NOT_FOUND', 'write nudge');
    if (found.metadata.uid !== uid) throw refusal('CONFLICT', 'write nudge');
    tell(places.ofElastiService(key), 'api', () => `nudge ${value}, written by ${from.name}`);
    const annotations = { ...found.metadata.annotations, [NUDGE_ANNOTATION]: value };
    return elastiServices.put(key, { ...found, metadata: { ...found.metadata, annotations } });
  });
}
