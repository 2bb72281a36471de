import { NUDGE_ANNOTATION } from '../src/api/elastiservice.ts';
import type { SightedDeps } from '../src/effects/create-effects.ts';
import type { NudgeCluster } from '../src/effects/ports.ts';
import type { Nudges } from '../src/effects/sight/nudges.ts';
import { createIsMine } from '../src/effects/sight/shares.ts';
import { createMirror } from '../src/mirror/mirror.ts';
import { refusal } from './api.ts';
import { keyOf } from './objects.ts';
import { followWorld } from './own-watch.ts';
import type { Process } from './process.ts';
import type { World } from './world.ts';

/** What a replica sees of the world by its own watches, as `main` puts it together. */
export interface Sighted {
  readonly deps: SightedDeps;
  /** Has changes told to whoever asks for syncs. */
  connect(nudges: Nudges): void;
}

/** Puts together what a replica sees, and how it asks for syncs. */
export function createSighted(world: World, process: Process): Sighted {
  const { settings, mutant, checks, hookPeers } = world;
  let nudges: Nudges | undefined;
  const { namespace, serviceName } = settings.resolver;
  const mirror = createMirror({
    settings,
    onParent: (key) => nudges?.parent(key),
    onRelated: (key) => nudges?.related(key),
    onSlices: (where, service) => {
      if (where === namespace && service === serviceName) nudges?.resolversChanged();
    },
    onMalformed: (kind) => checks.bug(new Error(`an object of ${kind} cannot be read`)),
  });
  const bare = followWorld(world, process, mirror);
  const sight = mutant.sight?.(bare) ?? bare;
  const isMine = createIsMine({ self: process.name, peers: () => [...hookPeers.ready] });
  return {
    deps: { sight, isMine, cluster: createNudgeCluster(world, process), onBug: checks.bug },
    connect: (given) => {
      const connected = mutant.nudges?.(given) ?? given;
      nudges = connected;
      void bare.synced.then(() => connected.start());
      process.onCrash(hookPeers.onChange(() => process.isAlive() && nudges?.shareChanged()));
    },
  };
}

function createNudgeCluster({ api, elastiServices, places, checks, tell }: World, from: Process): NudgeCluster {
  return {
    writeNudge: ({ namespace, name, uid }, value, options) => {
      const key = keyOf(namespace, name);
      return api.call(from, { what: 'write nudge', isWrite: true, ...options }, () => {
        const found = elastiServices.get(key);
        if (!found) throw refusal('NOT_FOUND', 'write nudge');
        if (found.metadata.uid !== uid) throw refusal('CONFLICT', 'write nudge');
        tell(places.ofElastiService(key), from.name, () => `asks for a sync: ${value}`);
        checks.written(key);
        const annotations = { ...found.metadata.annotations, [NUDGE_ANNOTATION]: value };
        return elastiServices.put(key, { ...found, metadata: { ...found.metadata, annotations } });
      });
    },
  };
}
